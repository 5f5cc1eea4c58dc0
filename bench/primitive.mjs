import { deepStrictEqual } from 'node:assert'
import { contents, sizes } from './contents.mjs'
import { cookieHeader } from './cookies.mjs'
import { cpuTime } from './cpu.mjs'
import { contenders } from './peers/index.mjs'
import { interleave } from './rounds.mjs'

/** What is measured of each library, for each size of session. */
export const operations = ['open + read', 'change + commit']

/**
 * The session primitive: what a request's session work is, without a server. Resolves to each case's microseconds of
 * CPU, one a round, by `nameOf`.
 *
 * @param {{ rounds: number, quick: boolean, onRound: (round: number) => void }} options
 */
export async function primitive({ rounds, quick, onRound }) {
  const cases = []
  for (const contender of contenders) {
    for (const size of sizes) cases.push(...(await casesOf(contender, size, quick)))
  }
  return interleave(cases, { rounds, onRound })
}

/** @param {string} contender @param {string} operation @param {string} size */
export const nameOf = (contender, operation, size) => [contender, operation, size].join(' · ')

async function casesOf({ name, create, operations: most = 1000, inFlight = 0 }, size, quick) {
  const count = quick ? Math.ceil(most / 10) : most
  const { make, key, next } = contents[size]
  const library = await create()
  await check(name, library, contents[size])
  const headers = []
  while (headers.length < count) headers.push(cookieHeader(await library.make(make())))

  const timed = (operation, run) => ({
    name: nameOf(name, operation, size),
    async measure() {
      await library.forget?.()
      return cpuTime(run, count, inFlight)
    },
  })
  return [
    timed('open + read', (index) => library.read(headers[index], key)),
    timed('change + commit', (index) => library.change(headers[index], key, (value) => next(value, index))),
  ]
}

/** A library that does not do the work would win. */
async function check(name, library, { make, key, next }) {
  const data = make()
  const header = cookieHeader(await library.make(make()))
  const setCookies = await library.change(header, key, (value) => next(value, 777))
  const changed = setCookies === undefined ? header : cookieHeader(setCookies)
  const message = `${name} does not read what it wrote`
  if (changed !== header) deepStrictEqual(await library.read(header, key), data[key], message)
  deepStrictEqual(await library.read(changed, key), next(data[key], 777), message)
}
