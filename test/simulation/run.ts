import { after, epoch, type Machine, now, runEvents, startClock, stopClock } from './clock.ts'
import { createWorld } from './create-world.ts'
import { finish } from './last-phase.ts'
import { perform } from './operations.ts'
import type { Operation, Plan } from './plan.ts'
import { createRandom } from './random.ts'
import { forgetCookies } from './servers.ts'
import type { Result, Violation } from './world.ts'

/** Runs a plan from its start to its last phase. */
export async function run(plan: Plan, { isTold = false, byTurns = false } = {}): Promise<Result> {
  const machine: Machine = { name: 'world', wall: () => epoch + now(), startedAt: 0, isStopped: false }
  startClock(plan.seed, { machine, random: createRandom(plan.seed) })
  forgetCookies()
  const violations: Violation[] = []
  const story: { at: number; text: string }[] = []
  const world = createWorld(plan, machine, violations, isTold ? story : null)
  const onRejection = (error: unknown): void => world.wrong('unhandled', `a promise rejects unseen: ${String(error)}`)
  process.on('unhandledRejection', onRejection)
  let isDone = false
  const start = (operation: Operation): void => {
    const context = { machine, random: createRandom(operation.seed) }
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
