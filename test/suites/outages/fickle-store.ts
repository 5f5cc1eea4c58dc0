import type { SessionStore } from '../../../src/index.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { TooLate } from '../../../src/stores/store.ts'
import { random } from '../../support/random.ts'

/** What may be wrong with the way to a store. */
export const faults = ['silent', 'deaf', 'refusing', 'slow', 'writes paused', 'full'] as const
export type Fault = (typeof faults)[number]

/** A way to a store, with faults of its own. */
export interface FickleStore extends SessionStore {
  fault: Fault | null
}

/** By the timers of the moment, which a test may have replaced. */
export const pause = async (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const within = (from: number, to: number): number => from + random() * (to - from)

/** Answers within some milliseconds, unless there is a fault. A write that comes after its `until` is not done. */
export function fickleStore(inner: SessionStore = memoryStore()): FickleStore {
  async function call<Answer>(
    isWrite: boolean,
    until: number | undefined,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const { fault } = store
    await pause(within(0, 10))
    if (fault === 'refusing' || (fault === 'full' && isWrite)) throw new Error(fault)
    if (fault === 'silent' || (fault === 'writes paused' && isWrite)) await isOver(fault)
    if (fault === 'slow') await pause(within(100, 210))
    if (until !== undefined && Date.now() > until) throw new TooLate('late')
    const answer = await ask()
    if (fault === 'slow') await pause(within(100, 210))
    if (fault === 'deaf') await isOver(fault)
    await pause(within(0, 10))
    return answer
  }

  /** Connections that were silent answer late, or never. */
  async function isOver(fault: Fault): Promise<void> {
    while (store.fault === fault) await pause(20)
    if (random() < 0.3) await new Promise(() => {})
  }

  const store: FickleStore = {
    ...inner,
    fault: null,
    create: async (record, options, until) => call(true, until, async () => inner.create(record, options, until)),
    read: async (key) => call(false, undefined, async () => inner.read(key)),
    update: async (key, held, change, until) => call(true, until, async () => inner.update(key, held, change, until)),
    end: async (key, ending, until) => call(true, until, async () => inner.end(key, ending, until)),
    endAll: async (userId, ending, except, until) =>
      call(true, until, async () => inner.endAll(userId, ending, except, until)),
    list: async (userId) => call(false, undefined, async () => inner.list(userId)),
  }
  return store
}
