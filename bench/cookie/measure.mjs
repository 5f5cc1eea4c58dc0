import { deepStrictEqual } from 'node:assert'
import { cookieHeader } from '../cookies.mjs'
import { samples, sizes } from '../sample-data.mjs'

/**
 * A library, by the functions that a request calls. None of them wraps a session, because that would cost as much as reading
 * one.
 *
 * @typedef {object} Library
 * @property {(header: string | undefined) => any} open opens the session of a `Cookie` header
 * @property {(session: any) => any} save returns the `Set-Cookie` headers, or the response's headers
 * @property {(session: any, key: string) => unknown} [get] by default, the session is a plain object
 * @property {(session: any, key: string, value: unknown) => void} [set]
 * @property {(session: any, visitor: number) => void} [begin] prepares a new session
 * @property {() => Promise<void>} [forget] makes the library forget the cookies that it has seen
 */

const maxInFlight = 16

/** Returns the functions of a subject that measure a library. @param {Library} library @param {number} count of calls */
export async function measureLibrary(library, count) {
  const { open, save, get = getMember, set = setMember, begin, forget } = library
  const headers = {}

  /** Returns the `Cookie` header of a new session. */
  async function beginSession(data, visitor) {
    const session = await open(undefined)
    begin?.(session, visitor)
    for (const [key, value] of Object.entries(data)) set(session, key, value)
    return cookieHeader(cookiesOf(await save(session)))
  }

  const runs = {
    async read(header, { key }) {
      return get(await open(header), key)
    },
    async change(header, { key, change }, index) {
      const session = await open(header)
      set(session, key, change(get(session, key), index))
      return save(session)
    },
  }

  async function measure(work, size) {
    await forget?.()
    const run = runs[work]
    return measureCpu((index) => run(headers[size][index], samples[size], index), count)
  }

  for (const size of sizes) {
    const sample = samples[size]
    headers[size] = []
    while (headers[size].length < count) headers[size].push(await beginSession(sample.create(), headers[size].length))
    // Fails if a library does not do the work, because it would win.
    const changed = cookieHeader(cookiesOf(await runs.change(headers[size][0], sample, 777)))
    const expected = sample.change(sample.create()[sample.key], 777)
    deepStrictEqual(await runs.read(changed, sample), expected, 'It does not read what it wrote')
    for (const work of Object.keys(runs)) await warmUp(() => measure(work, size), count)
  }
  return {
    async measure(work, size) {
      await measure(work, size) // warms the caches of the processor after the wait for its turn
      return measure(work, size)
    },
  }
}

const getMember = (session, key) => session[key]

function setMember(session, key, value) {
  session[key] = value
}

const cookiesOf = (saved) => (saved instanceof Headers ? saved.getSetCookie() : saved)

/** V8 compiles a library's code in its first ten thousand calls. */
async function warmUp(measure, count) {
  const startedAt = performance.now()
  for (let calls = 0; calls < 10_000 && performance.now() - startedAt < 500; calls += count) await measure()
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
