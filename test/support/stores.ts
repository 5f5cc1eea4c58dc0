import type { SessionNotice, SessionRecord, SessionsOptions, SessionStore } from '../../src/index.ts'
import { sealedFormat } from '../../src/formats/sealed.ts'
import type { Token } from '../../src/core/token.ts'
import { readSecrets } from '../../src/formats/secrets.ts'
import { isEnding } from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { random } from './random.ts'
import { stoppedClock, type StoppedClock } from './clock.ts'
import { secrets, world, type World } from './sessions.ts'
import { context } from './tokens.ts'

export const verbs = ['create', 'read', 'update', 'end', 'endAll', 'list'] as const
export type Verb = (typeof verbs)[number]

/** Before the store did anything, or when it did and has not answered yet. */
type Point = 'before' | 'after'

/** One call that waits. */
export interface Barrier {
  /** Resolves when the call has come so far. */
  readonly reached: Promise<void>
  release(): void
}

/** A store whose calls a test counts, holds and fails. While reads fail, its notices are lost as well. */
export interface TestStore extends SessionStore {
  readonly calls: Verb[]
  /** Holds the next call of a verb that is not held yet. */
  hold(verb: Verb, point?: Point): Barrier
  /** From now on verbs reject, so many times: with nothing done, or, `after`, with the answer lost. */
  fail(which?: readonly Verb[], point?: Point, times?: number): void
  /** From now on verbs do nothing and do not answer, until the store is healed. */
  hang(which?: readonly Verb[]): void
  heal(): void
  /** All records of sessions. */
  records(): Promise<SessionRecord[]>
}

/** The error of a driver whose server is gone. */
export const gone = new Error('connect ECONNREFUSED 127.0.0.1:6379')

// One function, because every operation looks at the same switches.
export function testStore(inner: SessionStore = memoryStore()): TestStore {
  const calls: Verb[] = []
  const held: { verb: Verb; point: Point; pass: () => Promise<void> }[] = []
  let failing: { which: readonly Verb[]; point: Point; left: number } | null = null
  let hanging: { which: readonly Verb[]; over: Promise<void>; end: () => void } | null = null

  async function at(point: Point, verb: Verb): Promise<void> {
    const index = held.findIndex((each) => each.verb === verb && each.point === point)
    if (index !== -1) await held.splice(index, 1)[0]!.pass()
    if (point === 'before' && hanging?.which.includes(verb)) await hanging.over
    if (failing?.point === point && failing.which.includes(verb) && failing.left-- > 0) throw gone
  }

  async function call<Answer>(verb: Verb, ask: () => Promise<Answer>): Promise<Answer> {
    calls.push(verb)
    await at('before', verb)
    const answer = await ask()
    await at('after', verb)
    return answer
  }

  const watchers = new Set<(notice: SessionNotice | null) => void>()
  const isCut = () => (failing !== null && failing.left > 0 && failing.which.includes('read')) || hanging !== null

  return {
    ...inner,
    ...(inner.watch !== undefined && {
      watch(onNotice: (notice: SessionNotice | null) => void, onLost?: () => void) {
        watchers.add(onNotice)
        const stop = inner.watch!((notice) => void (isCut() || onNotice(notice)), onLost)
        return () => {
          watchers.delete(onNotice)
          stop()
        }
      },
    }),
    create: async (...args) => call('create', () => inner.create(...args)),
    read: async (...args) => call('read', () => inner.read(...args)),
    update: async (...args) => call('update', () => inner.update(...args)),
    end: async (...args) => call('end', () => inner.end(...args)),
    endAll: async (...args) => call('endAll', () => inner.endAll(...args)),
    list: async (...args) => call('list', () => inner.list(...args)),
    calls,
    hold(verb, point = 'before') {
      const [reached, arrive] = signal()
      const [released, release] = signal()
      const pass = async () => {
        arrive()
        await released
      }
      held.push({ verb, point, pass })
      return { reached, release }
    },
    fail(which = verbs, point = 'before', times = Infinity) {
      failing = { which, point, left: times }
    },
    hang(which = verbs) {
      const [over, end] = signal()
      hanging = { which, over, end }
    },
    heal() {
      failing = null
      hanging?.end()
      hanging = null
      for (const onNotice of watchers) onNotice(null)
    },
    async records() {
      const records: SessionRecord[] = []
      for await (const entry of inner.all!()) if ('key' in entry && !isEnding(entry.found)) records.push(entry.found)
      return records
    },
  }
}

function signal(): [Promise<void>, () => void] {
  let send = () => {}
  const sent = new Promise<void>((resolve) => (send = resolve))
  return [sent, send]
}

/** A store in memory whose answers take their time, as if it were elsewhere. */
export function distantStore(): SessionStore {
  const inner = memoryStore()
  const later =
    <Args extends unknown[], Answer>(ask: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      await turns()
      const answer = await ask(...args)
      await turns()
      return answer
    }
  const { create, read, update, end, endAll, list } = inner
  return {
    ...inner,
    async create(record, options, until) {
      return later(async () => create(record, options, until))()
    },
    read: later(read),
    update: later(update),
    end: later(end),
    endAll: later(endAll),
    list: later(list),
  }
}

async function turns(): Promise<void> {
  for (let left = Math.floor(random() * 4); left > 0; left--) await new Promise(setImmediate)
}

export interface StoreWorld extends World {
  store: TestStore
}

/** Sessions in a store of their own, whose clock is theirs, or in one that others use as well. */
export function storeWorld(
  options: SessionsOptions = {},
  store?: TestStore,
  clock: StoppedClock = stoppedClock(),
): StoreWorld {
  const own = store ?? testStore(memoryStore({ now: clock.now }))
  return { ...world({ store: own, ...options }, clock), store: own }
}

const format = sealedFormat({ secrets: readSecrets(secrets, false) })

/** The claims of a cookie, by its seal. */
export function tokenIn(cookieName: string, value: string | undefined, now: number): Token {
  const opened = format.open(value ?? '', { ...context, now, cookieName })
  if (opened.outcome !== 'active') throw new Error(`${cookieName} is ${opened.outcome}`)
  return opened.token
}
