// What a process of the simulator runs. It is bundled with the library, gets its job as JSON, and prints the result as JSON.
import { real } from './clock.ts'
import { cells } from '../../src/testing/simulation/coverage.ts'
import { createPlan } from '../../src/testing/simulation/drawing.ts'
import type { Plan } from '../../src/testing/simulation/plan.ts'
import { createReferenceWork } from './reference-work.ts'
import { run } from './run.ts'
import { shrink } from './shrink.ts'
import { tellStory } from '../../src/testing/simulation/story.ts'
import { coverage, unchecked } from '../../src/testing/simulation/world.ts'

type Job =
  | {
      /** Runs schedules until one fails, or the time is over. */
      readonly kind: 'search'
      readonly seed: number
      readonly step: number
      readonly seconds: number
      /** Whether the seconds are processor time, which other processes do not use up. */
      readonly isCpuTime?: boolean
      /** The last seed. */
      readonly last?: number
      readonly focus?: string
      /** Whether a schedule that fails is made small. */
      readonly shrinks: boolean
    }
  | { readonly kind: 'repeat'; readonly plan: Plan }
  | { readonly kind: 'trace'; readonly seeds: readonly number[]; readonly byTurns: boolean }

const job = JSON.parse(process.argv[2]!) as Job
if (job.kind === 'search') print(await search(job))
else if (job.kind === 'repeat') print({ rules: await rulesOf(job.plan) })
else print({ traces: await traces(job.seeds, job.byTurns) })

function print(result: object): void {
  process.stdout.write(JSON.stringify(result))
}

async function rulesOf(plan: Plan): Promise<string[]> {
  const { violations } = await run(plan)
  return [...new Set(violations.map(({ rule }) => rule))]
}

async function search({
  seed: first,
  step,
  seconds,
  isCpuTime = false,
  last = Infinity,
  focus,
  shrinks,
}: Job & { kind: 'search' }): Promise<object> {
  const cpuMs = (): number => {
    // The sum is exact. The kernel only estimates how it divides into the two.
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  const usedMs = (): number => (isCpuTime ? cpuMs() : real.now())
  const began = usedMs()
  const until = began + seconds * 1000
  const reference = createReferenceWork(cpuMs)
  let schedules = 0
  let operations = 0
  const result = (failure: object | null): object => ({
    schedules,
    operations,
    took: (usedMs() - began) / 1000,
    referenceMs: reference.meanMs(),
    coverage: cells.map((cell) => [cell, coverage.get(cell) ?? 0]),
    unchecked: [...unchecked],
    failure,
  })
  for (let seed = first; seed <= last && usedMs() < until; seed += step) {
    const plan = createPlan(seed, focus)
    const [rule] = await rulesOf(plan)
    if (schedules++ % 100 === 0) reference.measure()
    operations += plan.operations.length
    if (rule === undefined) continue
    const found = result(null)
    const small = shrinks ? await shrink(plan, async (smaller) => (await rulesOf(smaller)).includes(rule)) : plan
    const story = shrinks ? tellStory(small, await run(small, { isTold: true })) : ''
    return { ...found, failure: { seed, rule, plan: small, story } }
  }
  return result(null)
}

async function traces(seeds: readonly number[], byTurns: boolean): Promise<string[]> {
  const texts: string[] = []
  for (const seed of seeds) {
    const { story } = await run(createPlan(seed), { isTold: true, byTurns })
    texts.push(story.map(({ at, text }) => `${at} ${text}`).join('\n'))
  }
  return texts
}
