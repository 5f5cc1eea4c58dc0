import type { SessionStore } from '../../stores/store.ts'
import { createChecks } from './create-checks.ts'
import { createRaceChecks } from './create-race-checks.ts'
import { cutoffChecks } from './cutoff-checks.ts'
import { endAllChecks } from './end-all-checks.ts'
import { endChecks } from './end-checks.ts'
import { flowChecks } from './flow-checks.ts'
import { flowRaceChecks } from './flow-race-checks.ts'
import { flowUpdateChecks } from './flow-update-checks.ts'
import { heldChecks } from './held-checks.ts'
import { keyChecks } from './key-checks.ts'
import type { StoreCheck } from './kit.ts'
import { limitChecks } from './limit-checks.ts'
import { limitRaceChecks } from './limit-race-checks.ts'
import { listChecks } from './list-checks.ts'
import { raceChecks } from './race-checks.ts'
import { sharingChecks } from './sharing-checks.ts'
import { sweepChecks } from './sweep-checks.ts'
import { textChecks } from './text-checks.ts'
import { unitRaceChecks } from './unit-race-checks.ts'
import { updateChecks } from './update-checks.ts'
import { updateRaceChecks } from './update-race-checks.ts'
import { watchChecks } from './watch-checks.ts'

/** A store that was opened for one check of {@link storeSuite}. */
export interface OpenedStore {
  /** The store to check. It must be empty, and must not be used by anything else during the check. */
  store: SessionStore
  /**
   * Opens the same data again, as another process would: on a connection of its own. Leave it out if only one process can
   * have the data.
   *
   * @default the check uses `store` for both
   */
  another?: (() => SessionStore | Promise<SessionStore>) | undefined
  /** Closes `store` and what `another` opened. Called after each check, also if it has failed. @default does nothing */
  close?: (() => unknown) | undefined
  /**
   * Whether the engine removes a record by itself when it expires, such as by a time to live. With `false`, the suite is 3 s
   * faster.
   *
   * @default true
   */
  expiresByItself?: boolean | undefined
}

/** Options of {@link storeSuite}. */
export interface StoreSuiteOptions {
  /**
   * How often each race between two calls is run. Fewer rounds are faster, but may miss a fault of the store.
   *
   * @default 100
   */
  rounds?: number | undefined
}

/**
 * Returns checks of the `SessionStore` contract, to test a store of your own with any test runner. Each check has a name, which
 * says what must hold, and a function, which rejects if the store breaks it.
 *
 * @param open opens an empty store. It is called once for each check, and checks may run at the same time.
 *
 * @example
 * ```ts
 * import { describe, it } from 'vitest' // or 'node:test'
 * import { storeSuite } from 'sojourn/testing'
 *
 * describe('our store', () => {
 *   const open = async () => {
 *     const client = await connectToAnEmptyDatabase()
 *     return { store: ourStore(client), another: async () => ourStore(await connectAgain()), close: () => client.end() }
 *   }
 *   for (const [name, check] of storeSuite(open)) it(name, check)
 * })
 * ```
 */
export function storeSuite(
  open: () => OpenedStore | Promise<OpenedStore>,
  { rounds = 100 }: StoreSuiteOptions = {},
): [name: string, check: () => Promise<void>][] {
  return checks.map(([name, check]) => [name, () => runCheck(check)])

  async function runCheck(check: StoreCheck[1]): Promise<void> {
    const { store, another, close, expiresByItself = true } = await open()
    try {
      await check({ store, other: (await another?.()) ?? store, rounds, expiresByItself })
    } finally {
      await close?.()
    }
  }
}

/** All checks. */
export const checks: readonly StoreCheck[] = [
  ...createChecks,
  ...keyChecks,
  ...updateChecks,
  ...heldChecks,
  ...endChecks,
  ...endAllChecks,
  ...cutoffChecks,
  ...limitChecks,
  ...watchChecks,
  ...listChecks,
  ...textChecks,
  ...sharingChecks,
  ...sweepChecks,
  ...raceChecks,
  ...updateRaceChecks,
  ...createRaceChecks,
  ...unitRaceChecks,
  ...limitRaceChecks,
  ...flowChecks,
  ...flowUpdateChecks,
  ...flowRaceChecks,
]
