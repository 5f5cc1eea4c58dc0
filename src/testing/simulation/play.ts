import { finish } from './last-phase.ts'
import { perform } from './operations.ts'
import type { Operation } from './plan.ts'
import { Random } from './random.ts'
import { after } from './time.ts'
import type { World } from './world.ts'

/** Starts all operations of the plan, each in its time. Resolves after the last phase. */
export async function play(world: World): Promise<void> {
  const { plan, context } = world
  const start = (operation: Operation): void => {
    const there = { machine: context.machine, random: new Random(operation.seed) }
    after(
      operation.at,
      () => void perform(world, operation, there).catch((error: unknown) => world.wrong('crash', String(error))),
      there,
    )
  }
  plan.operations.forEach(start)
  const lastAt = Math.max(0, ...plan.operations.map(({ at }) => at))
  await new Promise<void>((resolve) =>
    after(lastAt + 1, () => {
      void finish(world)
        .catch((error: unknown) => world.wrong('crash', String(error)))
        .then(resolve)
    }),
  )
}
