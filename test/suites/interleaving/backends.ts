import type { SessionNotice, SessionsOptions } from '../../../src/index.ts'
import { stoppedClock, type StoppedClock } from '../../support/clock.ts'
import { wait } from '../../support/outages.ts'
import { world, type World } from '../../support/sessions.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { storeWorld, testStore, verbs, type TestStore, type Verb } from '../../support/stores.ts'

/** Which calls fail at a server that is cut off from its store: before anything is done, or with the answer lost. */
export const cuts: Record<'off' | 'deaf' | 'full' | 'full and deaf', [readonly Verb[], 'before' | 'after']> = {
  off: [verbs, 'before'],
  deaf: [verbs, 'after'],
  full: [['create', 'update'], 'before'],
  'full and deaf': [['create', 'update'], 'after'],
}
export type Cut = keyof typeof cuts

export interface Server extends World {
  readonly hasStore: boolean
  /** Whether it learns of every end: it has the store, or there is no other server. */
  readonly knowsEnds: boolean
  readonly cut: Cut | null
  /** The notices that have reached it. */
  readonly heard: readonly SessionNotice[]
  cutOff(how: Cut): void
  reconnect(): void
}

export interface Backend {
  readonly clock: StoppedClock
  readonly servers: readonly Server[]
  readonly store: TestStore | null
}

/** One server without a store. */
export function inCookies(): Backend {
  const clock = stoppedClock()
  return { clock, servers: [serverIn(world({}, clock))], store: null }
}

/** Servers with one store. */
export function inStore(count: number, options: SessionsOptions = {}): Backend {
  const clock = stoppedClock()
  const store = testStore(memoryStore({ now: clock.now }))
  const servers = Array.from({ length: count }, () => serverIn(storeWorld(options, store, clock), { hasStore: true }))
  return { clock, servers, store }
}

/** How notices reach a server. Shuffled ones also come late. */
export type Notices = 'in order' | 'shuffled' | 'none'

/** Two servers with one store, each of which can be cut off from it, and one server without. */
export function threeServers(options: SessionsOptions, notices: Notices = 'in order'): Backend {
  const clock = stoppedClock()
  const store = testStore(memoryStore({ now: clock.now }))
  const without = serverIn(world(options, clock), { knowsEnds: false })
  return { clock, servers: [separableServer(), separableServer(), without], store }

  function separableServer(): Server {
    const way = testStore(store)
    const heard: SessionNotice[] = []
    let cut: Cut | null = null
    return {
      ...serverIn(storeWorld(options, withNotices(way, notices, heard), clock), { hasStore: true }),
      heard,
      get cut() {
        return cut
      },
      cutOff(how) {
        way.fail(...cuts[how])
        cut = how
      },
      reconnect() {
        way.heal()
        cut = null
      },
    }
  }
}

function withNotices({ watch, ...store }: TestStore, notices: Notices, heard: SessionNotice[]): TestStore {
  if (notices === 'none') return store
  return {
    ...store,
    watch(onNotice, onLost) {
      const pass = (notice: SessionNotice) => {
        heard.push(notice)
        onNotice(notice)
      }
      const late: SessionNotice[] = []
      let count = 0
      return watch!((notice) => {
        if (notice === null) return onNotice(null)
        if (notices === 'in order') return pass(notice)
        late.push(notice)
        if (late.length > 2) pass(late.splice((count++ * 7) % late.length, 1)[0]!)
      }, onLost)
    },
  }
}

const serverIn = (world: World, { hasStore = false, knowsEnds = true } = {}): Server => ({
  ...world,
  hasStore,
  knowsEnds,
  cut: null,
  heard: [],
  cutOff() {},
  reconnect() {},
})

/** Whether no read of its store succeeds. */
export const cannotRead = ({ cut }: Pick<Server, 'cut'>): boolean => cut === 'off' || cut === 'deaf'

/** Waits until a store that answers is asked again, and sessions that had to end have ended. */
export async function recovery({ sessions }: Pick<Server, 'sessions'>): Promise<void> {
  await wait(5)
  await sessions.list('nobody').catch(() => {})
}
