// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'

const intervalMs = 25
const maxTries = 600 // tries instead of seconds, because a busy machine delays this process as well

/**
 * Checks a condition until it is true, for 15 seconds at most. A rejection counts as false.
 *
 * @param {() => unknown} condition
 * @param {string} failure begins the message of the error that is thrown if the condition stays false
 */
export async function waitUntil(condition, failure) {
  for (let tries = 0; tries < maxTries; tries++) {
    const isTrue = await Promise.resolve()
      .then(condition)
      .catch(() => false)
    if (isTrue) return
    await sleep(intervalMs)
  }
  throw new Error(`${failure} within 15 seconds.`)
}
