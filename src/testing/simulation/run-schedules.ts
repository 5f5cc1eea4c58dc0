import { SojournError } from '../../core/errors.ts'
import type { Plan } from './plan.ts'
import { createQuickPlan } from './quicken.ts'
import { type Connections, runReal } from './run-real.ts'
import { tellStory } from './story.ts'
import { sleep } from './time.ts'
import type { Result } from './world.ts'

/** Options of `simulate`. */
export interface SimulateOptions {
  /** How many schedules are run. More find rarer faults. @default 100 */
  schedules?: number | undefined
  /** The number of the first schedule; the others follow. A failure prints the one that repeats it. @default a new one */
  seed?: number | undefined
  /** How many schedules run at the same time, each on a store of its own. They wait most of the time. @default 25 */
  atOnce?: number | undefined
}

/** The result of a `simulate` that found nothing. */
export interface SimulationResult {
  /** The number of the first schedule. */
  readonly seed: number
  /** How many schedules were run. */
  readonly schedules: number
  /** How many operations they had: pages, sign-ins, revocations and faults. */
  readonly operations: number
}

/**
 * Runs schedules in real time. Rejects with the story of the first that breaks a promise.
 *
 * @param open opens an empty store for one schedule, for these servers
 * @param repeat returns how to run the schedule of a seed again
 */
export async function runSchedules(
  open: (servers: readonly string[]) => Promise<Connections>,
  { schedules = 100, seed = Math.floor(Math.random() * 1e9), atOnce = 25 }: SimulateOptions,
  repeat: (seed: number) => string,
): Promise<SimulationResult> {
  checkOptions(schedules, seed, atOnce)
  let next = seed
  let done = 0
  let operations = 0
  const failures: unknown[] = []

  async function work(index: number): Promise<void> {
    // So that their starts do not keep each other waiting.
    await sleep(20 * index)
    while (failures.length === 0 && next < seed + schedules) {
      const drawn = next++
      const plan = createQuickPlan(drawn)
      operations += plan.operations.length
      try {
        const result = await runReal(plan, open)
        done++
        const [violation] = result.violations
        if (violation !== undefined) failures.push(new Error(storyOf(violation.rule, plan, result, repeat(drawn))))
      } catch (error) {
        // The store cannot be opened or closed. The other schedules end first, because they close their stores.
        failures.push(error)
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(atOnce, schedules) }, async (_, index) => work(index)))
  if (failures.length > 0) throw failures[0]
  return { seed, schedules: done, operations }
}

const storyOf = (rule: string, plan: Plan, result: Result, repeat: string): string =>
  `A promise does not hold: ${rule}\n\n${tellStory(plan, result)}\n\nRepeat it: ${repeat}`

function checkOptions(schedules: number, seed: number, atOnce: number): void {
  for (const [name, value] of Object.entries({ schedules, atOnce }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new SojournError('ERR_OPTIONS', `${name} of simulate is ${value}; use a whole number of at least 1.`)
  if (!Number.isSafeInteger(seed))
    throw new SojournError('ERR_OPTIONS', `seed of simulate is ${seed}; use a whole number.`)
}
