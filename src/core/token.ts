import type { Texts } from './texts.ts'

/** The session that a cookie names, and the proof that the cookie is the current one. */
export interface Identity {
  /** Names the session for its whole life: `[\w.-]{1,128}`. The id alone does not open the session. */
  readonly id: string
  /** Stored only in the cookie: at least 128 random bits. Every renewal changes it. */
  readonly secret: string
  /** The hash of the secret, which stores keep; missing if it was not computed. */
  readonly secretHash?: string
}

/** The contents of a cookie's value, independent of its format. Instants are epoch milliseconds. */
export interface Token {
  /** `null` if the format has no identities: such a cookie holds only data. */
  readonly identity: Identity | null
  /** `null` for a guest. */
  readonly userId: string | null
  /** `null` if the format does not record it. Then only the idle timeout applies. */
  readonly createdAt: number | null
  /** When the user last signed in; `null` for a guest. */
  readonly signedInAt: number | null
  /**
   * When another library wrote the value, if its format does not record the sign-in. `revokeAll` ends sessions that were
   * written before the call.
   *
   * @default unknown: `revokeAll` ends the session
   */
  readonly writtenAt?: number | undefined
  /** When the value was written; now, if the format does not record it. */
  readonly lastSeenAt: number
  /** Whether the cookie outlives the browser. */
  readonly remember: boolean
  /** The name of the device in lists, or `null`. */
  readonly label: string | null
  /** When a store last confirmed the session; `null` if no store has seen it. A store adopts such a session on its next request. */
  readonly confirmedAt: number | null
  /** The version of the record that `data` is a copy of; 0 if `data` is not a copy of a record. */
  readonly version: number
  /** The data, or a copy of the record's data; `null` if only the store has it. */
  readonly data: Texts | null
  /** Keys of `data` that were changed during an outage, and that the store does not have yet. */
  readonly changed: readonly ChangedKey[]
  /** The session's own idle timeout in seconds; `null` if it has that of the options. */
  readonly idleTimeout: number | null
  /** The session's own absolute timeout in seconds; `null` if it has that of the options. */
  readonly absoluteTimeout: number | null
  /** How and when the user proved who they are: at most 8 names of at most 32 characters. */
  readonly methods: readonly (readonly [name: string, at: number])[]
  /** The seed of form tokens, for a format without identities. */
  readonly csrf?: string | null | undefined
  /** The record that a store returned for the token. No cookie holds it, and only the repository reads it. */
  readonly record?: unknown
  /** State that the format needs to write the value unchanged. Only the format reads it. */
  readonly leftover?: unknown
}

/** A guest's session that holds nothing. A format adds what it records. */
export const emptyToken = {
  identity: null,
  userId: null,
  createdAt: null,
  signedInAt: null,
  lastSeenAt: 0,
  remember: false,
  label: null,
  confirmedAt: null,
  version: 0,
  data: null,
  changed: [],
  idleTimeout: null,
  absoluteTimeout: null,
  methods: [],
} as const satisfies Token

/**
 * A key that was changed during an outage. `changedAt` orders the changes of one key, in epoch milliseconds. `replaced` has
 * digests of the texts that the key had before: first that of the store, which the change may replace there.
 */
export type ChangedKey = readonly [key: string, changedAt: number, ...replaced: string[]]

/** Returns which of the two cookies holds a token. */
export function kindOf(token: Token): 'user' | 'guest' {
  return token.userId === null ? 'guest' : 'user'
}

/** Returns the ids that identify a session in events. */
export const idsOf = (token: Token | null): { id: string | null; userId: string | null } => ({
  id: token?.identity?.id ?? null,
  userId: token?.userId ?? null,
})
