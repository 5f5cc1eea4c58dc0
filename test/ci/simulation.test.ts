import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { findNode } from '../../bench/run/revisions.mjs'
import { buildSimulator } from '../simulation/build.mjs'
import { findMutant, mutants } from '../simulation/mutants.mjs'
import { node24 } from '../simulation/node24.mjs'
import { emptyCells, runJob, search, tellFailure } from '../simulation/workers.mjs'
import { seed } from '../support/random.ts'

/** Always the same, because the time in which a mutant is found depends on the schedules. */
const firstMutantSeed = 10_001

/** How long the reference work takes on a machine on which two free cores run 40,000 operations a second, in milliseconds. */
const promisedReferenceMs = 1.7
const promisedOperationsPerSecond = 40_000

const schedules = 20_000

// Not when the file is loaded, because a search for tests by their name loads it too, also without a network.
let newest: string
beforeAll(() => {
  newest = findNode(node24).path
}, 120_000)

it(
  'keeps every promise in 20,000 new schedules, quickly, with each fault in each state',
  { timeout: 700_000 },
  async () => {
    const bundle = fileURLToPath(new URL('../../.cache/simulation/ci.mjs', import.meta.url))
    await buildSimulator(bundle)
    // Processor time, because other tests run at the same time.
    const job = { seed, last: seed + schedules - 1, seconds: 300, isCpuTime: true, shrinks: true }
    const results = await search(bundle, job, 2, newest)
    expect(tellFailure(results)).toBe('')
    expect(results.reduce((sum, each) => sum + each.schedules, 0)).toBe(schedules)
    expect(emptyCells(results)).toEqual([])
    const speeds = results.map(
      ({ operations, took, referenceMs }) => (operations / took) * (referenceMs / promisedReferenceMs),
    )
    const speed = speeds.reduce((sum, each) => sum + each, 0)
    // Half, because other work slows the simulation more than the reference, which needs less memory.
    expect(speed).toBeGreaterThan(promisedOperationsPerSecond / 2)
  },
)

it('does the same for the same seeds in another process and on another Node', { timeout: 300_000 }, async () => {
  const bundle = fileURLToPath(new URL('../../.cache/simulation/traces.mjs', import.meta.url))
  await buildSimulator(bundle)
  const job = { kind: 'trace', seeds: Array.from({ length: 20 }, (_, index) => 100 + index), byTurns: false }
  const traces = await runJob(bundle, job)
  expect(traces.traces.join('\n').split('\n').length).toBeGreaterThan(500)
  expect(await runJob(bundle, job)).toEqual(traces)
  const isNewer = process.versions.node.startsWith('24.')
  const other = isNewer ? findNode('22.23.3').path : newest
  expect(await runJob(bundle, job, undefined, other)).toEqual(traces)
})

describe.concurrent('the simulation finds a mistake within 30 seconds', () => {
  it.each(mutants)('%s', { timeout: 90_000 }, async (name) => {
    expect(await findMutant(name, firstMutantSeed, 30, newest)).not.toBeNull()
  })
})
