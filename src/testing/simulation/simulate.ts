import type { OpenedStore } from '../store-suite/store-suite.ts'
import type { Connections } from './run-real.ts'
import { runSchedules, type SimulateOptions, type SimulationResult } from './run-schedules.ts'

/**
 * Runs random schedules on a store of your own: servers, browsers and a thief use it while calls are slow, get lost, fail, and the clocks
 * of the servers differ. Each answer is compared with the promises of the library. Use it with any test runner, after
 * {@link storeSuite}, which finds faults of single calls faster. A schedule takes 11 seconds, in real time, and 40 ms of processor time.
 *
 * It replaces nothing in your process, and makes the faults itself, between the library and the store. The same seed draws the same schedule, but
 * the times of your store differ from run to run: repeat a failure several times.
 *
 * @param open opens an empty store, as for `storeSuite`. It is called once for each schedule, and `another` once for each further server.
 * @throws an error whose message has the schedule as a story, and how to repeat it, if a promise does not hold
 *
 * @example
 * ```ts
 * it('keeps every promise', { timeout: 120_000 }, async () => {
 *   await simulate(open, { schedules: 100 })
 * })
 * ```
 */
export async function simulate(
  open: () => OpenedStore | Promise<OpenedStore>,
  options: SimulateOptions = {},
): Promise<SimulationResult> {
  const repeat = (seed: number): string => `simulate(open, { seed: ${seed}, schedules: 1 })`
  return runSchedules(async (servers) => openForServers(open, servers), options, repeat)
}

/** Opens a store once for each server. */
export async function openForServers(
  open: () => OpenedStore | Promise<OpenedStore>,
  [first, ...others]: readonly string[],
): Promise<Connections> {
  const { store, another, close } = await open()
  const stores = new Map([[first!, store]])
  for (const name of others) stores.set(name, (await another?.()) ?? store)
  return { storeOf: (server) => stores.get(server)!, close: async () => close?.() }
}
