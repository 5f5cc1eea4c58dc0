import { move } from '../../move/index.ts'
import { begin, type Machine, now, sleep } from './time.ts'
import type { Operation } from './plan.ts'
import { type Config, secretCount, storeOf } from './servers.ts'
import type { World } from './world.ts'

type Roll = Operation & { readonly kind: 'rotate-key' | 'switch-copies' | 'move' | 'add-store' }

/** Rolls all servers to other options, one after another or at once. */
export async function roll(world: World, operation: Roll): Promise<void> {
  const rollOut = async (what: string, change: (config: Config) => Config): Promise<void> => {
    for (const server of world.servers) {
      server.config = change(server.config)
      world.tell(() => `${server.name} restarts ${what}.`)
      world.restart(server)
      if (operation.gapMs > 0) await sleep(operation.gapMs)
    }
  }
  const { config } = world.servers[0]!
  const { secrets, places } = config
  switch (operation.kind) {
    case 'rotate-key':
      if (secrets.length === secretCount) return undefined
      await rollOut('with a new key that does not seal yet', (old) => ({
        ...old,
        secrets: [...secrets, secrets.length],
      }))
      return rollOut('with the new key first', (old) => ({ ...old, secrets: [secrets.length, ...secrets] }))
    case 'switch-copies': {
      const unconfirmedFor = config.unconfirmedFor > 0 ? 0 : 60
      return rollOut(`with unconfirmedFor ${unconfirmedFor} s`, (old) => ({ ...old, unconfirmedFor }))
    }
    case 'add-store':
      if (places.length > 0) return undefined
      return rollOut('with a store', (old) => ({ ...old, places: [world.places[0]!] }))
    case 'move': {
      const from = places[0]
      if (from === undefined || world.places.length === 3) return undefined
      world.isMoving = true
      const to = world.addPlace()
      await rollOut(`with both(${to.name}, ${from.name})`, (old) => ({ ...old, places: [to, from] }))
      await moveAll(world, { ...config, places: [from] }, { ...config, places: [to] })
      to.filledAt = now()
      await rollOut(`with ${to.name} alone`, (old) => ({ ...old, places: [to] }))
      world.isMoving = false
      return undefined
    }
  }
}

/** Runs `move` until all sessions are in the new store. */
async function moveAll(world: World, from: Config, to: Config): Promise<void> {
  const machine: Machine = {
    name: 'the operator',
    wall: world.context.machine.wall,
    startedAt: now(),
    isStopped: false,
  }
  const witness = { lateAfterMs: Infinity, onCall() {}, onTrouble() {} }
  const attempt = async (): Promise<boolean> => {
    const result = await move(storeOf(from, machine, witness)!, storeOf(to, machine, witness)!)
    world.tell(() => `move: ${JSON.stringify({ ...result, took: undefined })}.`)
    return result.differing === 0
  }
  for (;;) {
    // A call that is lost never rejects. An operator stops the command then, and starts it again.
    const isDone = await begin({ machine, random: world.context.random }, async () =>
      Promise.race([attempt().catch(() => false), sleep(20_000).then(() => false)]),
    )
    if (isDone) return
    await sleep(1000)
  }
}
