import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionStore } from 'sojourn'
import { isOutage } from './outage.ts'

type Store = Pick<SessionStore, 'read'>

const timeoutMs = 2000
const firstPauseMs = 250
const maxPauseMs = 5000

/** Resolves to `null` if Redis answers, or to the error if it cannot be reached. @throws the error if Redis refuses */
export async function checkRedis(store: Store, signal: AbortSignal): Promise<Error | null> {
  const done = new AbortController()
  try {
    return await Promise.race([
      store.read({ id: 'start', userId: null }).then(() => null),
      timeoutError(AbortSignal.any([done.signal, signal])),
    ])
  } catch (error) {
    if (isOutage(error) || signal.aborted) return error as Error
    throw error
  } finally {
    done.abort()
  }
}

/** Asks Redis after growing pauses until it answers. Resolves to `false` if `signal` aborts first. */
export async function waitForRedis(store: Store, signal: AbortSignal): Promise<boolean> {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    await sleep(pauseMs, undefined, { ref: false, signal }).catch(() => {})
    if (signal.aborted) break
    // If Redis refuses now, requests report that, and the log.
    if ((await checkRedis(store, signal).catch((error: Error) => error)) === null) return true
  }
  return false
}

/**
 * Resolves to an error after `timeoutMs`. It sleeps in slices, because a busy process, such as one that loads a driver,
 * cannot receive the answer that a single timer would then miss.
 */
async function timeoutError(signal: AbortSignal): Promise<Error> {
  const slices = 20
  for (let slice = 0; slice < slices; slice++) await sleep(timeoutMs / slices, undefined, { ref: false, signal })
  return new Error(`no answer in ${timeoutMs / 1000} seconds`)
}
