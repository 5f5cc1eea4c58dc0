import { isAllowed } from './browser-rules.ts'
import { runEvents, startClock, stopClock } from './clock.ts'
import { createWorld } from './create-world.ts'
import { createPlace } from './database.ts'
import { play } from './play.ts'
import type { Plan } from './plan.ts'
import { createRandom } from './random.ts'
import { forgetCookies } from './servers.ts'
import { epoch, type Machine, now } from './time.ts'
import type { Result, Violation } from './world.ts'

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
