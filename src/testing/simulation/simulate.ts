import type { OpenedStore } from '../store-suite/store-suite.ts'
import { createQuickPlan } from './quicken.ts'
import { type Connections, runReal } from './run-real.ts'
import { tellStory } from './story.ts'
import { sleep } from './time.ts'

/** Options of {@link simulate}. */
export interface SimulateOptions {
  /** How many schedules are run. @default 100 */
  schedules?: number | undefined
  /** The first schedule; the others follow. A failure prints the one that repeats it. @default a new one */
  seed?: number | undefined
  /** How many run at the same time, each on a store of its own. Most of their time is waiting. @default 25 */
  atOnce?: number | undefined
}

export async function simulate(
  open: () => OpenedStore | Promise<OpenedStore>,
  options: SimulateOptions = {},
): Promise<SimulationResult> {
  const repeat = (seed: number): string => `simulate(open, { seed: ${seed}, schedules: 1 })`
  return runSchedules((servers) => connect(open, servers), options, repeat)
}

/** Opens the store once for each server. */
async function connect(
  open: () => OpenedStore | Promise<OpenedStore>,
  [first, ...others]: readonly string[],
): Promise<Connections> {
  const { store, another, close } = await open()
  const stores = new Map([[first!, store]])
  for (const name of others) stores.set(name, (await another?.()) ?? store)
  return { storeOf: (server) => stores.get(server)!, close: async () => close?.() }
}

export interface SimulationResult {
  readonly seed: number
  readonly schedules: number
  readonly operations: number
}

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

  await Promise.all(Array.from({ length: atOnce }, async (_, index) => work(index)))
  if (failure !== null) throw new Error(failure)
  return { seed, schedules, operations }
}
