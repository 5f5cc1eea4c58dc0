import { deepStrictEqual } from 'node:assert'
import { cookieHeader } from '../cookies.mjs'
import { measureCalls, warmUp } from '../run/calls.mjs'
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
 * @property {boolean} [hasNewCookies] whether visitors sign in anew before each measurement, so that no cookie was seen before
 */

/** Returns the function of a subject that measures a library with so many calls. @param {Library} library */
export async function measureLibrary({ open, save, get = getMember, set = setMember, begin, hasNewCookies }, count) {
  const headers = {}
  const works = {
    read: async (header, { key }) => get(await open(header), key),
    async change(header, { key, change }, index) {
      const session = await open(header)
      set(session, key, change(get(session, key), index))
      return save(session)
    },
  }

  async function measure(work, size) {
    if (hasNewCookies) await signInAll(size)
    const { cpu } = await measureCalls((index) => works[work](headers[size][index], samples[size], index), count)
    return cpu
  }

  /** Returns the `Cookie` header of a visitor with a new session. */
  async function signIn(size, visitor) {
    const session = await open(undefined)
    begin?.(session, visitor)
    for (const [key, value] of Object.entries(samples[size].create())) set(session, key, value)
    return readCookies(await save(session))
  }

  async function signInAll(size) {
    headers[size] = []
    for (let visitor = 0; visitor < count; visitor++) headers[size].push(await signIn(size, visitor))
  }

  for (const size of sizes) {
    await signInAll(size)
    await checkWork(works, headers[size][0], samples[size])
    for (const work of Object.keys(works)) await warmUp(() => measure(work, size), count, { maxMs: 500 })
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

const readCookies = (saved) => cookieHeader(saved instanceof Headers ? saved.getSetCookie() : saved)

/** Fails if a library does not do the work, because it would win. */
async function checkWork({ read, change }, header, sample) {
  const changed = readCookies(await change(header, sample, 777))
  const expected = sample.change(sample.create()[sample.key], 777)
  deepStrictEqual(await read(changed, sample), expected, 'It does not read what it wrote')
}
