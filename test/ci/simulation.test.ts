import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findNode } from '../../bench/run/revisions.mjs'
import { buildSimulator } from '../simulation/build.mjs'
import { findMutant, mutants } from '../simulation/mutants.mjs'
import { emptyCells, runJob, search, tellFailure } from '../simulation/workers.mjs'

// Always the same: `npm run simulate` tries new ones.
const firstSeed = 10_001

it('keeps every promise in 8,000 schedules, and sees each fault in each state', { timeout: 300_000 }, async () => {
  const bundle = fileURLToPath(new URL('../../.cache/simulation/ci.mjs', import.meta.url))
  await buildSimulator(bundle)
  const results = await search(bundle, { seed: firstSeed, last: firstSeed + 7999, seconds: 280, shrinks: true }, 2)
  expect(tellFailure(results)).toBe('')
  expect(emptyCells(results)).toEqual([])
})

it('does the same for the same seeds in another process and on another Node', { timeout: 300_000 }, async () => {
  const bundle = fileURLToPath(new URL('../../.cache/simulation/traces.mjs', import.meta.url))
  await buildSimulator(bundle)
  const job = { kind: 'trace', seeds: Array.from({ length: 20 }, (_, index) => 100 + index), byTurns: false }
  const traces = await runJob(bundle, job)
  expect(traces.traces.join('\n').split('\n').length).toBeGreaterThan(500)
  expect(await runJob(bundle, job)).toEqual(traces)
  const isNewer = process.versions.node.startsWith('24.')
  // npm gets it, and keeps it in its cache. Always the same, because the newest may be missing for a moment.
  const other = findNode(isNewer ? '22.23.3' : '24.21.0')
  expect(await runJob(bundle, job, undefined, other.path)).toEqual(traces)
})

describe.concurrent('the simulation finds a mistake within 30 seconds', () => {
  it.each(mutants)('%s', { timeout: 90_000 }, async (name) => {
    expect(await findMutant(name, firstSeed, 30)).not.toBeNull()
  })
})
