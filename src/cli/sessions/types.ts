/** The options of `sessions`. */
export interface SessionsOptions {
  readonly prefix?: string
  readonly table?: string
  /** The user of the session, so that it is found without a search. */
  readonly user?: string
  /** Whether to show the values of the data. */
  readonly show?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}
