import { after, type Context, now } from './time.ts'
import { savedName } from './learning.ts'
import { forget, rollBack } from './model.ts'
import type { Fault } from './place.ts'
import { type Operation, users } from './plan.ts'
import type { Server } from './servers.ts'
import { count, unchecked, type World } from './world.ts'

type Hurt = Operation & { readonly kind: 'fault' | 'evict' | 'wipe' | 'failover' }

/** Breaks something. */
export async function hurt(world: World, operation: Hurt, server: Server, context: Context): Promise<void> {
  const place = world.places[operation.seed % world.places.length]!
  const add = (kind: Fault['kind'], share: number, forMs: number, only: string | null): void => {
    const fault: Fault = { kind, server: only, share, until: now() + forMs }
    const mend = place.hurt?.(fault)
    if (mend) return after(forMs, mend, context)
    place.faults.add(fault)
    after(forMs, () => void place.faults.delete(fault), context)
  }
  if (operation.kind === 'fault') {
    const only = operation.isForAll ? null : server.name
    world.tell(
      () =>
        `For ${operation.forMs / 1000} s, ${only ?? 'every server'} and ${place.name}: ${operation.fault}${operation.share < 1 ? `, ${operation.share * 100} % of calls` : ''}.`,
    )
    return add(operation.fault, operation.share, operation.forMs, only)
  }
  // A move copies what one store has lost from the other, or takes it for ended. No promise says which.
  if (world.isMoving || place.losses === null) return count(unchecked, 'losses of data during a move: left out')
  if (operation.kind === 'evict') {
    world.tell(() => `The store evicts all of ${operation.user}.`)
    world.noteFault('evict', 20_000)
    for (const { losses } of world.places) losses?.evict(operation.user)
    return forget(world.model, operation.user, now())
  }
  world.noteFault(operation.kind, 20_000)
  place.generation++
  add('down', 1, operation.forMs, null)
  if (operation.kind === 'wipe') {
    world.tell(() => `${place.name} restarts without its data, within ${operation.forMs / 1000} s.`)
    for (const unit of new Set([...users, ...place.losses.units()])) forget(world.model, unit, now())
    return place.losses.clear()
  }
  const until = now() - operation.lagMs
  world.tell(
    () =>
      `${place.name} fails over to a replica that is ${operation.lagMs / 1000} s behind, within ${operation.forMs / 1000} s.`,
  )
  place.losses.rollBackTo(until)
  rollBack(
    world.model,
    // Before a move, a replica had nothing.
    until < place.filledAt ? -1 : until,
    now(),
    // A request that had trouble with its store may have written a change that its cookie kept.
    ({ id }, { key, value, startedAt }) =>
      world.servers.some(
        ({ process }) => (process.learned.savedAt.get(savedName(id, key, value)) ?? -1) >= Math.max(until, startedAt),
      ),
  )
}
