import { createWorld } from '../../src/testing/simulation/create-world.ts'
import type { Plan } from '../../src/testing/simulation/plan.ts'
import { play } from '../../src/testing/simulation/play.ts'
import { Random } from '../../src/testing/simulation/random.ts'
import { forgetCookies } from '../../src/testing/simulation/servers.ts'
import { epoch, type Machine, now } from '../../src/testing/simulation/time.ts'
import type { Result, Violation, World } from '../../src/testing/simulation/world.ts'
import { isAllowed } from './browser-rules.ts'
import { runEvents, startClock, stopClock } from './clock.ts'
import { createPlace } from './database.ts'

/** Runs a plan from its start to its last phase, in virtual time. */
export async function run(plan: Plan, { isTold = false, byTurns = false } = {}): Promise<Result> {
  const machine: Machine = { name: 'world', wall: () => epoch() + now(), startedAt: 0, isStopped: false }
  startClock(plan.seed, { machine, random: new Random(plan.seed) })
  forgetCookies()
  const violations: Violation[] = []
  const story: { at: number; text: string }[] = []
  const parts = { takes: isAllowed, openPlace: (name: string) => createPlace(name, plan.storeAheadMs) }
  const world = createWorld(plan, machine, violations, isTold ? story : null, parts)
  if (count++ % 64 === 0) kept = [world, ...kept.slice(0, 1)]
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

/**
 * Two worlds of before. The functions of servers and stores are made for each world, and the garbage collector drops their machine code
 * when no world has them any more. Without this, to compile them again takes half of the time.
 */
let kept: World[] = []
let count = 0
