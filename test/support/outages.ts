import { afterEach, beforeEach, vi } from 'vitest'
import type { SessionEvent, SessionsOptions, SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { StoppedClock } from './clock.ts'
import { storeWorld, testStore, type StoreWorld, type TestStore } from './stores.ts'

/** How long the sessions of `copyWorld` continue without their store, in seconds. */
export const unconfirmedFor = 600

/** Sessions in a store whose copies ride in their cookies. */
export function copyWorld(options: SessionsOptions = {}, store?: TestStore, clock?: StoppedClock): StoreWorld {
  return storeWorld({ unconfirmedFor, ...options }, store, clock)
}

/** Another server with the same store, of which each sees outages of its own. */
export function besides({ store, clock }: StoreWorld, options: SessionsOptions = {}): StoreWorld {
  return copyWorld(options, testStore(store), clock)
}

/** Stops the time that outages and repeated ends depend on, in each test of a file. */
export function stopTime(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate'] }))
  afterEach(() => void vi.useRealTimers())
}

/** Advances that time. */
export const wait = async (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)

/** Resolves to the milliseconds of that time until a promise is settled. */
export async function timeOf(work: Promise<unknown>): Promise<number> {
  const began = performance.now()
  let took = NaN
  const settled = () => void (took = performance.now() - began)
  work.then(settled, settled)
  for (let times = 0; times < 200 && Number.isNaN(took); times++) await wait(0.1)
  return took
}

/** Ends an outage: the store answers, and its next question is let through. */
export async function isBack({ store }: Pick<StoreWorld, 'store'>): Promise<void> {
  store.heal()
  await wait(1)
}

/** The events of one type. */
export const eventsOf = ({ events }: Pick<StoreWorld, 'events'>, type: SessionEvent['type']): SessionEvent[] =>
  events.filter((event) => event.type === type)

/** A store without notices, as SQLite's. */
export function quietStore(): SessionStore {
  const { watch: _, ...store } = memoryStore()
  return store
}

/** The outcomes of a cookie while the store is down: at first, and when it counts as down. */
export async function outcomesInOutage({ sessions, store }: StoreWorld, cookie: string): Promise<Set<string>> {
  store.fail()
  const outcomes = new Set<string>()
  for (let times = 0; times < 12; times++) outcomes.add((await sessions.open(cookie)).outcome)
  return outcomes
}
