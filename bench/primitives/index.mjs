import { deepStrictEqual } from 'node:assert'
import { cookieHeader } from '../cookies.mjs'
import { runRounds } from '../rounds.mjs'
import { samples, sizes } from '../sample-data.mjs'
import { renderMedians } from '../tables.mjs'
import { handWritten, sojourn, webLibraries } from './libraries.mjs'
import { nodeLibraries } from './node-libraries.mjs'

/**
 * A library. `create` returns a function that opens the session of a `Cookie` header. `save` resolves to the `Set-Cookie` headers,
 * or to `undefined` if the cookie does not change.
 *
 * @typedef {object} Library
 * @property {string} name
 * @property {number} [calls] of one measurement: fewer for slow libraries
 * @property {() => Open | Promise<Open>} create
 *
 * @typedef {((header: string | undefined) => any) & { forget?: () => Promise<void> }} Open
 */

/** @type {readonly Library[]} */
const libraries = [...handWritten, ...sojourn, ...nodeLibraries, ...webLibraries]

const maxInFlight = 16

/** Measures the work on a session in one request, without a server. @param {{ rounds: number, quick: boolean }} options */
export async function measurePrimitives({ rounds, quick }) {
  const cases = []
  for (const library of libraries) {
    for (const size of sizes) cases.push(...(await createCases(library, size, quick)))
  }
  const figures = await runRounds('primitives', cases, rounds)
  const rows = libraries.map(({ name }) => name)
  const base = { row: handWritten[0].name, name: 'signed by hand' }
  return ['open and read', 'open, change and save']
    .map((title) => {
      const columns = Object.fromEntries(sizes.map((size) => [`${size}: µs`, `${title}, ${size}`]))
      return renderMedians(figures, { title, rows, columns, base })
    })
    .join('\n\n')
}

async function createCases({ name, create, calls = 1000 }, size, quick) {
  const count = quick ? Math.ceil(calls / 10) : calls
  const sample = samples[size]
  const open = await create()
  await checkLibrary(name, open, sample)
  const headers = []
  while (headers.length < count) headers.push(await beginSession(open, sample))

  const createCase = (title, run) => ({
    row: name,
    async measure() {
      await open.forget?.()
      return { [`${title}, ${size}`]: await measureCpu(run, count) }
    },
  })
  return [
    createCase('open and read', async (index) => (await open(headers[index])).get(sample.key)),
    createCase('open, change and save', (index) => changeSession(open, headers[index], sample, index)),
  ]
}

/** Returns the `Cookie` header of a new session. */
async function beginSession(open, { create }) {
  const session = await open(undefined)
  for (const [key, value] of Object.entries(create())) session.set(key, value)
  return cookieHeader(await session.save())
}

async function changeSession(open, header, { key, change }, index) {
  const session = await open(header)
  session.set(key, change(session.get(key), index))
  return session.save()
}

/** Fails if a library does not do the work, because it would win. */
async function checkLibrary(name, open, sample) {
  const header = await beginSession(open, sample)
  const setCookies = await changeSession(open, header, sample, 777)
  const changed = setCookies === undefined ? header : cookieHeader(setCookies)
  const value = (await open(changed)).get(sample.key)
  deepStrictEqual(value, sample.change(sample.create()[sample.key], 777), `${name} does not read what it wrote`)
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
