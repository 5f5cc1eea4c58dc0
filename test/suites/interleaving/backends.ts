import type { SessionsOptions } from '../../../src/index.ts'
import type { StoppedClock } from '../../support/clock.ts'
import { wait } from '../../support/outages.ts'
import { world, type World } from '../../support/sessions.ts'
import { storeWorld, testStore, verbs, type TestStore, type Verb } from '../../support/stores.ts'

/** What a server that is cut off cannot do: ask its store for anything, or have it write; with nothing done, or with the answer lost. */
export const cuts: Record<'off' | 'deaf' | 'full' | 'full and deaf', [readonly Verb[], 'before' | 'after']> = {
  off: [verbs, 'before'],
  deaf: [verbs, 'after'],
  full: [['create', 'update'], 'before'],
  'full and deaf': [['create', 'update'], 'after'],
}
export type Cut = keyof typeof cuts

export interface Server extends World {
  /** Whether it has a store, and what of that it cannot ask. */
  readonly hasStore: boolean
  readonly cut: Cut | null
  cutOff(how: Cut): void
  back(): void
}

/** Two servers with one store, of which each can be cut off from it, and one server without. */
export function threeServers(store: TestStore, clock: StoppedClock, options: SessionsOptions): readonly Server[] {
  const withStore = (): Server => {
    const way = testStore(store)
    let cut: Cut | null = null
    return {
      ...storeWorld(options, way, clock),
      hasStore: true,
      get cut() {
        return cut
      },
      cutOff(how) {
        way.fail(...cuts[how])
        cut = how
      },
      back() {
        way.heal()
        cut = null
      },
    }
  }
  const without: Server = { ...world(options, clock), hasStore: false, cut: null, cutOff() {}, back() {} }
  return [withStore(), withStore(), without]
}

/** Whether it can ask its store for nothing. */
export const isLost = ({ cut }: Pick<Server, 'cut'>): boolean => cut === 'off' || cut === 'deaf'

/** Waits until a store that answers is asked again, and has ended what was to end. */
export async function recovery({ sessions }: Pick<Server, 'sessions'>): Promise<void> {
  await wait(5)
  await sessions.list('nobody').catch(() => {})
}
