import { createQuickPlan } from './quicken.ts'
import { type Connections, runReal } from './run-real.ts'
import { tellStory } from './story.ts'
import { sleep } from './time.ts'

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
  let next = seed
  let operations = 0
  let failure: string | null = null

  async function work(index: number): Promise<void> {
    // So that their starts do not keep each other waiting.
    await sleep(20 * index)
    while (failure === null && next < seed + schedules) {
      const mine = next++
      const plan = createQuickPlan(mine)
      operations += plan.operations.length
      const result = await runReal(plan, open)
      const [violation] = result.violations
      if (violation === undefined) continue
      failure ??= `A promise does not hold: ${violation.rule}\n\n${tellStory(plan, result)}\n\nRepeat it: ${repeat(mine)}`
    }
  }

  await Promise.all(Array.from({ length: Math.min(atOnce, schedules) }, async (_, index) => work(index)))
  if (failure !== null) throw new Error(failure)
  return { seed, schedules, operations }
}
