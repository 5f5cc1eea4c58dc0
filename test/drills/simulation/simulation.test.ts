import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { buildSimulator } from '../../simulation/build.mjs'
import { findMutant, mutants } from '../../simulation/mutants.mjs'
import { emptyCells, search, tellFailure } from '../../simulation/workers.mjs'

// New ones each time: what one run has not tried, the next may.
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))

it(
  `keeps every promise for two minutes, and sees each fault in each state (SEED=${seed})`,
  { timeout: 300_000 },
  async () => {
    const bundle = fileURLToPath(new URL('../../../.cache/simulation/drill.mjs', import.meta.url))
    await buildSimulator(bundle)
    const results = await search(bundle, { seed, seconds: 120, shrinks: true }, 2)
    expect(tellFailure(results)).toBe('')
    expect(emptyCells(results)).toEqual([])
  },
)

describe.concurrent('the simulation finds a mistake within 30 seconds', () => {
  it.each(mutants)('%s', { timeout: 90_000 }, async (name) => {
    expect(await findMutant(name, 1, 30)).not.toBeNull()
  })
})
