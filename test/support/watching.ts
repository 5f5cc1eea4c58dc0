import { setTimeout as pause } from 'node:timers/promises'
import { createSessions, type Session, type Sessions, type SessionStore } from '../../src/index.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { secrets, secure } from './sessions.ts'

/** A server of some that have one store. */
export const serverOn = (store: SessionStore): Sessions =>
  createSessions({ store, secrets, cookie: secure, onEvent() {} })

/** Somebody who is signed in, and whose session is watched as long as something of it is open. */
export interface Watched {
  readonly sessions: Sessions
  readonly session: Session
  readonly userId: string
  readonly signal: AbortSignal
  /** Closes what is open. */
  leave(): void
}

let people = 0

export async function watchedOn(sessions: Sessions): Promise<Watched> {
  const userId = `person-${people++}`
  const session = await sessions.open(await signedInAs(sessions, userId))
  const until = new AbortController()
  return {
    sessions,
    session,
    userId,
    signal: sessions.watch(session, { until: until.signal }),
    leave: () => until.abort(),
  }
}

/** How long it takes from now until a signal fires, in milliseconds. Rejects where it does not. */
export async function untilFired(signal: AbortSignal, patience = 10_000): Promise<number> {
  const began = performance.now()
  const late = new AbortController()
  const fired = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
  const passed = pause(patience, null, { signal: late.signal }).then(() => {
    throw new Error(`The signal did not fire within ${patience} ms.`)
  })
  passed.catch(() => {})
  await Promise.race([fired, passed])
  late.abort()
  return performance.now() - began
}

/** Where a store is told of an end, a signal fires before the next time that one which is asked would be. */
export const atOnce = 300
/** Within a second; and what a machine that has much else to do takes beside that. */
export const inTime = 1800

/**
 * Waits as long as a store takes that connects first, and is asked once meanwhile: of those that are asked again and again,
 * none is for a while then.
 */
export const settled = (): Promise<void> => pause(900)
