import { deepStrictEqual } from 'node:assert'
import { cookieHeader } from '../cookies.mjs'
import { samples, sizes } from '../sample-data.mjs'

/**
 * Opens the session of a `Cookie` header. Its `save` resolves to the `Set-Cookie` headers, or to `undefined` if the cookie
 * does not change. `forget` makes the library forget the cookies that it has seen.
 *
 * @typedef {((header: string | undefined, visitor: number) => any) & { forget?: () => Promise<void> }} Open
 */

const maxInFlight = 16

/** Returns the functions of a subject that measure one library. @param {number} count of calls */
export async function measureLibrary(open, count) {
  const headers = {}
  for (const size of sizes) {
    await checkLibrary(open, samples[size])
    headers[size] = []
    while (headers[size].length < count)
      headers[size].push(await beginSession(open, samples[size], headers[size].length))
  }
  const runs = {
    read: (size) => async (index) => (await open(headers[size][index], index)).get(samples[size].key),
    change: (size) => (index) => changeSession(open, headers[size][index], samples[size], index),
  }
  async function measure(work, size) {
    await open.forget?.()
    return measureCpu(runs[work](size), count)
  }
  for (const size of sizes) for (const work of Object.keys(runs)) await warmUp(() => measure(work, size), count)
  return {
    async measure(work, size) {
      await measure(work, size) // warms the caches of the processor after the wait for its turn
      return measure(work, size)
    },
  }
}

/** V8 compiles a library's code in its first ten thousand calls. */
async function warmUp(measure, count) {
  const startedAt = performance.now()
  for (let calls = 0; calls < 10_000 && performance.now() - startedAt < 500; calls += count) await measure()
}

/** Returns the `Cookie` header of a new session. */
async function beginSession(open, { create }, visitor) {
  const session = await open(undefined, visitor)
  for (const [key, value] of Object.entries(create())) session.set(key, value)
  return cookieHeader(await session.save())
}

async function changeSession(open, header, { key, change }, index) {
  const session = await open(header, index)
  session.set(key, change(session.get(key), index))
  return session.save()
}

/** Fails if a library does not do the work, because it would win. */
async function checkLibrary(open, sample) {
  const header = await beginSession(open, sample, 0)
  const setCookies = await changeSession(open, header, sample, 777)
  const changed = setCookies === undefined ? header : cookieHeader(setCookies)
  const value = (await open(changed, 0)).get(sample.key)
  deepStrictEqual(value, sample.change(sample.create()[sample.key], 777), 'It does not read what it wrote')
}

/**
 * Returns the CPU time of a call in microseconds: of all threads, because some libraries work on other threads. Several
 * calls are in flight, because a single one would also pay for waking such a thread up.
 */
async function measureCpu(run, count) {
  let next = 0
  const worker = async () => {
    while (next < count) await run(next++)
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: maxInFlight }, worker))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
