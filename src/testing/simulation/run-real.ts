import type { SessionStore } from '../../stores/store.ts'
import { createWorld } from './create-world.ts'
import type { Place } from './place.ts'
import { play } from './play.ts'
import type { Plan } from './plan.ts'
import { forgetCookies } from './servers.ts'
import { busyMs, epoch, type Machine, now, stopMeter } from './time.ts'
import type { Result, Violation, World } from './world.ts'

/** An empty store that each server has opened. */
export interface Connections {
  storeOf(server: string): SessionStore
  /** Breaks the network, if it can, and returns what mends it. Without it, all faults are played. */
  readonly hurt?: Place['hurt']
  close(): Promise<unknown>
}

let running = 0

/** Runs a plan in real time with a real store. Several may run at once. */
export async function runReal(plan: Plan, open: (servers: readonly string[]) => Promise<Connections>): Promise<Result> {
  running++
  const names = plan.servers.map((_, index) => 'ABCD'[index]!)
  const connections = await open(names).catch((error: unknown) => {
    leave()
    throw error
  })
  const startedAt = now()
  busyMs() // measures from now on
  const machine: Machine = { name: 'world', wall: () => epoch() + now(), startedAt, isStopped: false }
  const violations: Violation[] = []
  const story: { at: number; text: string }[] = []
  const openPlace = (name: string): Place => createRealPlace(name, connections)
  let world: World | null = null
  try {
    world = createWorld(plan, machine, violations, story, { takes: () => true, openPlace })
    await play(world)
  } finally {
    machine.isStopped = true
    for (const { process } of world?.servers ?? []) process.machine.isStopped = true
    leave()
    // An error of it must not hide the story.
    const closing = connections.close()
    await (violations.length > 0 ? closing.catch(() => {}) : closing)
  }
  const since = <Item extends { readonly at: number }>(item: Item): Item => ({ ...item, at: item.at - startedAt })
  return { violations: violations.map(since), story: story.map(since) }
}

/** The last schedule forgets what all share. */
function leave(): void {
  if (--running > 0) return
  forgetCookies()
  stopMeter()
}

const createRealPlace = (name: string, { storeOf, hurt }: Connections): Place => ({
  name,
  machine: { name, wall: Date.now, startedAt: 0, isStopped: false },
  isReal: true,
  storeOf,
  subscribe: (server, onNotice, onLost) => storeOf(server).watch!(onNotice, onLost),
  losses: null,
  ...(hurt && { hurt }),
  faults: new Set(),
  generation: 0,
  filledAt: -1,
})
