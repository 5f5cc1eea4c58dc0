import './clock.ts'
import { createPlan } from './plan.ts'
import { run } from './run.ts'
import { shrink } from './shrink.ts'
import { tellStory } from './story.ts'

const [from = 1, count = 100, focus, rule] = process.argv.slice(2)
const tally = new Map<string, number[]>()
const began = process.hrtime.bigint()
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const plan = createPlan(seed, focus)
  const { violations } = await run(plan)
  for (const rule of new Set(violations.map((each) => `${each.rule}`)))
    tally.set(rule, [...(tally.get(rule) ?? []), seed])
  if (rule !== undefined && violations.some((each) => each.rule === rule)) {
    const small = await shrink(plan, async (smaller) =>
      (await run(smaller)).violations.some((each) => each.rule === rule),
    )
    console.log(JSON.stringify(small))
    console.log(tellStory(small, await run(small, { isTold: true })))
    break
  }
}
const took = Number(process.hrtime.bigint() - began) / 1e9
console.log((Number(count) / took).toFixed(0), 'a second')
for (const [rule, seeds] of tally) console.log(rule, seeds.length, seeds.slice(0, 6).join(' '))
