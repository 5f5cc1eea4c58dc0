import type { SessionStore } from '../../stores/store.ts'

/** A store that an argument names. */
export interface StoreLocation {
  /** For messages, without the password. */
  readonly name: string
  /** Equal for all spellings of the same store. */
  readonly key: string
  /**
   * Opens the store there.
   *
   * @param side `to` creates the store if it does not exist
   * @param dryRun whether nothing must be created or changed
   */
  open(side: LocationOptions['side'], dryRun: boolean): Promise<OpenedLocation>
}

export interface OpenedLocation {
  readonly store: SessionStore
  /** Why sessions may be missing, as one or more sentences; `undefined` if nothing suggests that. */
  readonly doubt?: string | undefined
  close(): unknown
}

/** The options that name the sessions' place within a store. */
export interface LocationOptions {
  /** The side that they belong to, as in `--from-prefix`; `null` for a command with one store, as in `--prefix`. */
  readonly side: 'from' | 'to' | null
  readonly prefix: string | undefined
  readonly table: string | undefined
}
