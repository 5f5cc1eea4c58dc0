import type { SessionStore } from '../../stores/store.ts'
import { createWorld } from './create-world.ts'
import type { Place } from './place.ts'
import { play } from './play.ts'
import type { Plan } from './plan.ts'
import { forgetCookies } from './servers.ts'
import { busyMs, epoch, type Machine, now } from './time.ts'
import type { Result, Violation } from './world.ts'

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
  const connections = await open(names)
  const startedAt = now()
  busyMs() // measures from now on
  const machine: Machine = { name: 'world', wall: () => epoch() + now(), startedAt, isStopped: false }
  const violations: Violation[] = []
  const story: { at: number; text: string }[] = []
  const openPlace = (name: string): Place => createRealPlace(name, connections)
  const world = createWorld(plan, machine, violations, story, { takes: () => true, openPlace })
  try {
    await play(world)
  } finally {
    machine.isStopped = true
    for (const { process } of world.servers) process.machine.isStopped = true
    await connections.close()
    if (--running === 0) forgetCookies()
  }
  const since = <Item extends { readonly at: number }>(item: Item): Item => ({ ...item, at: item.at - startedAt })
  return { violations: violations.map(since), story: story.map(since) }
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
