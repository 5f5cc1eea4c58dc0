import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  createSessions,
  type Session,
  type Sessions,
  type SessionsOptions,
  type SessionStore,
} from '../../src/index.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import type { TcpProxy } from './tcp-proxy.ts'
import { secrets, secure } from './sessions.ts'

/** Since when a store was last asked to end a session, by its id, or all of a user, by the user's. */
const asked = new Map<string, ReturnType<typeof stopwatch>>()
const resolution = 10

/** Returns the milliseconds since now, without the time that this process stood still on a busy machine. */
function stopwatch() {
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  const at = performance.now()
  return (until = performance.now()) => {
    delay.disable()
    return until - at - Math.max(0, delay.max / 1e6 - resolution)
  }
}

/** A server of some that have one store. */
export function serverOn(store: SessionStore, more: SessionsOptions = {}): Sessions {
  const timed: SessionStore = {
    ...store,
    async end(key, ...rest) {
      asked.set(key.id, stopwatch())
      return store.end(key, ...rest)
    },
    async endAll(userId, ...rest) {
      asked.set(userId, stopwatch())
      return store.endAll(userId, ...rest)
    },
  }
  const options = { store: timed, secrets, cookie: secure, onEvent() {}, ...more }
  const sessions = createSessions(options)
  setUp.set(sessions, createSessions({ ...options, storeTimeout: 5 }))
  return sessions
}

/** The same, that wait for a busy machine, where nothing is measured yet. */
const setUp = new WeakMap<Sessions, Sessions>()

/** A signed-in user, whose session is watched until `leave`. */
export interface Watched {
  readonly sessions: Sessions
  readonly session: Session
  readonly userId: string
  readonly cookie: string
  readonly signal: AbortSignal
  /** Closes what is open. */
  leave(): void
}

let people = 0
const firedAt = new WeakMap<AbortSignal, number>()

export async function watchedOn(sessions: Sessions): Promise<Watched> {
  const userId = `person-${people++}`
  const cookie = await signedInAs(setUp.get(sessions)!, userId)
  let session = await sessions.open(cookie)
  for (let tries = 0; tries < 10 && session.outcome === 'unavailable'; tries++) {
    await pause(300)
    session = await sessions.open(cookie)
  }
  const until = new AbortController()
  const signal = sessions.watch(session, { until: until.signal })
  signal.addEventListener('abort', () => firedAt.set(signal, performance.now()))
  return { sessions, session, userId, cookie, signal, leave: () => until.abort() }
}

/** Renews by another server what one watches, as its owner does; resolves when it is done. */
export async function renewBy(there: Sessions, { cookie }: Watched): Promise<void> {
  const session = await there.open(cookie)
  session.renew()
  const headers = await there.commit(session)
  expect(headers.getSetCookie()).not.toEqual([])
}

/** Resolves once a signal has fired, to how many milliseconds it took. Rejects where it does not. */
export async function untilFired(signal: AbortSignal, timeoutMs = 10_000): Promise<number> {
  if (signal.aborted) return 0
  const passedSince = stopwatch()
  const late = new AbortController()
  const fired = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  const passed = pause(timeoutMs, null, { signal: late.signal }).then(() => {
    throw new Error(`The signal did not fire within ${timeoutMs} ms.`)
  })
  passed.catch(() => {})
  await Promise.race([fired, passed])
  late.abort()
  return passedSince()
}

/** How many milliseconds it took until a signal fired, since a store was asked to end the session, so that nothing of it is left out. */
export async function lateness({ signal, session }: Pick<Watched, 'signal' | 'session'>): Promise<number> {
  await untilFired(signal)
  const passed = asked.get(session.id!) ?? asked.get(session.userId!)
  return passed!(firedAt.get(signal)!)
}

/**
 * How long after something was done a signal fired, in milliseconds, less than nothing where it fired meanwhile; as
 * {@link lateness} takes it, for what ends a session without asking a store of {@link serverOn}.
 */
export async function latenessAfter(signal: AbortSignal, act: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  signal.addEventListener('abort', () => firedAt.set(signal, performance.now()))
  await act()
  const at = performance.now()
  await untilFired(signal)
  delay.disable()
  const stoodStill = Math.max(0, delay.max / 1e6 - resolution)
  return firedAt.get(signal)! - at - stoodStill
}

/** If a store is notified of an end, a signal fires before the next poll would see it. */
export const atOnce = 300
/** The limits of time are promises, and a busy machine can only make it longer. So such a test has several tries. */
export const tries = { retry: 3 }
/** The promised time. */
export const inTime = 1000

/**
 * Waits as long as a store takes that connects first, and is asked once meanwhile: of those that are asked again and again,
 * none is for a while then.
 */
export const untilListening = (): Promise<void> => pause(900)

/**
 * Ends, by another server, what one watches whose connection that listens goes by a proxy, and dies there without a word: each
 * is known in time.
 */
export async function endInSilence(here: Sessions, there: Sessions, proxy: TcpProxy): Promise<void> {
  const [first, ...others] = await Promise.all(Array.from({ length: 12 }, () => watchedOn(here)))
  await untilListening()
  expect(proxy.connections).toBe(1)
  await there.revoke(first!.userId, first!.session.id!)
  expect(await lateness(first!)).toBeLessThan(atOnce)
  proxy.set({ toServer: 'swallow', toClient: 'swallow' })
  // At any time since: before it is noticed, and after.
  for (const { userId, session } of others) {
    await there.revoke(userId, session.id!)
    await pause(90)
  }
  const longest = Math.max(...(await Promise.all(others.map(lateness))))
  expect(longest).toBeLessThan(inTime)
  // The store sends it no notifications.
  expect(longest).toBeGreaterThan(atOnce)
}
