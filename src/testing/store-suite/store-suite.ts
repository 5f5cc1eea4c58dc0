import type { SessionStore } from '../../stores/store.ts'
import { createChecks } from './create-checks.ts'
import { endChecks } from './end-checks.ts'
import { flowChecks } from './flow-checks.ts'
import type { StoreCheck } from './kit.ts'
import { listChecks } from './list-checks.ts'
import { raceChecks } from './race-checks.ts'
import { sharingChecks } from './sharing-checks.ts'
import { sweepChecks } from './sweep-checks.ts'
import { textChecks } from './text-checks.ts'
import { updateChecks } from './update-checks.ts'

/** A store that was opened for one check. */
export interface OpenedStore {
  /** Empty, and nobody else's. */
  store: SessionStore
  /** Opens the same data once more, as another process would. Left out where only one process can have it. */
  another?: (() => SessionStore | Promise<SessionStore>) | undefined
  /** Closes everything. Left out, nothing is. */
  close?: (() => unknown) | undefined
  /**
   * Whether the engine removes a record by itself at the instant when it expires, as by a time to live. If it does
   * not, the suite is 1.6 s faster.
   *
   * @default true
   */
  expiresByItself?: boolean | undefined
}

/** Options of {@link storeSuite}. */
export interface StoreSuiteOptions {
  /**
   * How often each race is run.
   *
   * @default 1000
   */
  rounds?: number | undefined
}

/**
 * The contract of `SessionStore` as tests, for who writes a store: a list of names, each with a function that rejects
 * where the store breaks that promise. `open` opens a store for each. Works with any runner.
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
  { rounds = 1000 }: StoreSuiteOptions = {},
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

const checks: readonly StoreCheck[] = [
  ...createChecks,
  ...updateChecks,
  ...endChecks,
  ...listChecks,
  ...textChecks,
  ...sharingChecks,
  ...sweepChecks,
  ...raceChecks,
  ...flowChecks,
]
