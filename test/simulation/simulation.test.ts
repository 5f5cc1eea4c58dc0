import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { buildSimulator } from './build.mjs'
import { runJob, search, tellFailure } from './workers.mjs'

const bundle = fileURLToPath(new URL('../../.cache/simulation/tests.mjs', import.meta.url))
beforeAll(async () => buildSimulator(bundle))

it('keeps every promise in ten seconds of random schedules', { timeout: 120_000 }, async () => {
  // Always the same: `npm run simulate` draws new ones. Processor time, so that a busy machine runs as many.
  const job = { seed: 1, last: 2000, seconds: 10, isCpuTime: true, shrinks: true }
  const results = await search(bundle, job, 1)
  expect(tellFailure(results)).toBe('')
  expect(results[0].schedules).toBeGreaterThan(200)
})

const folder = new URL('regressions/', import.meta.url)
it.each(readdirSync(folder))('keeps every promise in the schedule of %s', async (file) => {
  const plan: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
  expect(await runJob(bundle, { kind: 'repeat', plan })).toEqual({ rules: [] })
})

it('does the same for the same seed, alone or after others, and also by turns of the event loop', async () => {
  const trace = async (seeds: readonly number[], byTurns = false): Promise<string> =>
    ((await runJob(bundle, { kind: 'trace', seeds, byTurns })) as { traces: string[] }).traces.at(-1)!
  const alone = await trace([7])
  expect(alone.split('\n').length).toBeGreaterThan(50)
  expect(await trace([5, 6, 7])).toBe(alone)
  expect(await trace([7], true)).toBe(alone)
})
