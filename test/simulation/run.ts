import { after, epoch, type Machine, now, runEvents, startClock, stopClock } from './clock.ts'
import { createWorld } from './create-world.ts'
import { finish } from './last-phase.ts'
import { perform } from './operations.ts'
import type { Operation, Plan } from './plan.ts'
import { Random } from './random.ts'
import { forgetCookies } from './servers.ts'
import type { Result, Violation, World } from './world.ts'

/** Runs a plan from its start to its last phase. */
export async function run(plan: Plan, { isTold = false, byTurns = false } = {}): Promise<Result> {
  const machine: Machine = { name: 'world', wall: () => epoch + now(), startedAt: 0, isStopped: false }
  startClock(plan.seed, { machine, random: new Random(plan.seed) })
  forgetCookies()
  const violations: Violation[] = []
  const story: { at: number; text: string }[] = []
  const world = createWorld(plan, machine, violations, isTold ? story : null)
  if (count++ % 64 === 0) kept = [world, ...kept.slice(0, 1)]
  const onRejection = (error: unknown): void => world.wrong('unhandled', `a promise rejects unseen: ${String(error)}`)
  process.on('unhandledRejection', onRejection)
  let isDone = false
  const start = (operation: Operation): void => {
    const context = { machine, random: new Random(operation.seed) }
    after(
      operation.at,
      () => void perform(world, operation, context).catch((error: unknown) => world.wrong('crash', String(error))),
      context,
    )
  }
  plan.operations.forEach(start)
  const lastAt = Math.max(0, ...plan.operations.map(({ at }) => at))
  after(lastAt + 1, () => {
    void finish(world)
      .catch((error: unknown) => world.wrong('crash', String(error)))
      .then(() => (isDone = true))
  })
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
