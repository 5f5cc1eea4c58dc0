import { isAllowed } from './browser-rules.ts'
import { runEvents, startClock, stopClock } from './clock.ts'
import { createWorld } from '../../src/testing/simulation/create-world.ts'
import { createPlace } from './database.ts'
import { play } from '../../src/testing/simulation/play.ts'
import type { Plan } from '../../src/testing/simulation/plan.ts'
import { createRandom } from '../../src/testing/simulation/random.ts'
import { forgetCookies } from '../../src/testing/simulation/servers.ts'
import { epoch, type Machine, now } from '../../src/testing/simulation/time.ts'
import type { Result, Violation } from '../../src/testing/simulation/world.ts'

/** Runs a plan from its start to its last phase, in virtual time. */
export async function run(plan: Plan, { isTold = false, byTurns = false } = {}): Promise<Result> {
  const machine: Machine = { name: 'world', wall: () => epoch() + now(), startedAt: 0, isStopped: false }
  startClock(plan.seed, { machine, random: createRandom(plan.seed) })
  forgetCookies()
  const violations: Violation[] = []
  const story: { at: number; text: string }[] = []
  const parts = { takes: isAllowed, openPlace: (name: string) => createPlace(name, plan.storeAheadMs) }
  const world = createWorld(plan, machine, violations, isTold ? story : null, parts)
  const onRejection = (error: unknown): void => world.wrong('unhandled', `a promise rejects unseen: ${String(error)}`)
  process.on('unhandledRejection', onRejection)
  let isDone = false
  void play(world).then(() => (isDone = true))
  try {
    await runEvents(() => isDone, byTurns)
    if (!isDone) world.wrong('hangs', 'the last phase does not end')
  } finally {
    stopClock()
    process.off('unhandledRejection', onRejection)
  }
  return { violations, story }
}
