import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { interleave } from './rounds.mjs'
import { childOf, stopAll } from './stores/child.mjs'
import { bytesIn, inFolder } from './stores/folder.mjs'
import { contenders } from './stores/index.mjs'
import { operations } from './stores/operations.mjs'
import { number } from './text.mjs'

/** @param {string} store @param {string} operation @param {number} count of sessions that the store holds */
export const nameOf = (store, operation, count) => [store, operation, count].join(' · ')

/** How many sessions a store is given, of so many that are wanted. */
export const countOf = ({ most = Infinity }, wanted) => Math.min(most, wanted)

/** The numbers of sessions that a store is given. */
export const countsOf = (contender, counts) => new Set(counts.map((wanted) => countOf(contender, wanted)))

/**
 * @typedef {object} StoreFigures
 * @property {readonly number[]} counts
 * @property {number} expired how many are swept at a time
 * @property {Map<string, number[]>} microseconds of a call, one a round, by `nameOf`
 * @property {Map<string, { disk: number | null, memory: number }>} sizes bytes a session and megabytes, by store
 * @property {Map<string, { total: number, longest: number }[]>} sweeps milliseconds, by store
 */

/**
 * Stores by themselves, each with each number of sessions in a process of its own.
 *
 * @param {{ rounds: number, quick: boolean, million: boolean, onRound: (round: number) => void, note: (text: string) => void }} options
 * @returns {Promise<StoreFigures>}
 */
export function stores({ rounds, quick, million, onRound, note }) {
  const counts = [1000, quick ? 10_000 : 100_000, ...(million ? [1_000_000] : [])]
  const expired = quick ? 10_000 : 100_000
  return inFolder(async (folder) => {
    const loaded = await Promise.all(contenders.map((contender) => loadAll(contender, counts, folder, note)))
    const all = loaded.flat()
    const cases = all.flatMap((one) => casesOf(one, quick))
    const microseconds = await interleave(cases, { rounds, onRound })
    const largest = loaded.map((ofStore) => ofStore.at(-1))
    const sizes = new Map()
    for (const { contender, child, disk } of largest)
      sizes.set(contender.name, { disk, memory: await child.ask('memory') })
    const sweeps = await sweepAll(largest, { times: quick ? 1 : 3, expired, note })
    for (const { child } of all) await child.ask('close')
    return { counts, expired, microseconds, sizes, sweeps }
  }, stopAll)
}

/** One after the other: the stores of a kind write to the same disk as those of others. */
async function loadAll(contender, counts, folder, note) {
  const loaded = []
  for (const count of countsOf(contender, counts)) {
    const own = join(folder, `${contenders.indexOf(contender)}-${count}`)
    mkdirSync(own)
    note(`loading ${number(count)} sessions into ${contender.name}`)
    let child = childOf(contender, own, count)
    await child.ask('load')
    let disk = null
    if (!contender.inMemory) {
      // Another process, whose memory has nothing of the loading.
      await child.ask('close')
      await child.stop()
      disk = bytesIn(own) / count
      child = childOf(contender, own, count)
    }
    loaded.push({ contender, count, child, disk, has: await child.ask('open') })
  }
  return loaded
}

/** Of a measurement: microseconds, and calls. */
const budget = 50_000
const most = 5000

export function casesOf({ contender: { name }, count, child, has }, quick) {
  return operations
    .filter((operation) => has.includes(operation))
    .map((operation) => {
      // The first measurement, which does not count, tells how many calls the next ones take.
      let calls = 20
      return {
        name: nameOf(name, operation, count),
        async measure() {
          const each = await child.ask('measure', { operation, count: calls })
          if (!quick) calls = Math.min(most, Math.max(calls, Math.ceil(budget / each)))
          return each
        },
      }
    })
}

async function sweepAll(largest, { times, expired, note }) {
  const sweeps = new Map(largest.map(({ contender }) => [contender.name, []]))
  for (let time = 1; time <= times; time++) {
    for (const { contender, child } of largest) {
      note(`sweep ${time} of ${times}: ${contender.name}`)
      sweeps.get(contender.name).push(await child.ask('sweep', { expired: countOf(contender, expired) }))
    }
  }
  return sweeps
}
