import type { Texts } from './texts.ts'

/** Who a cookie says its bearer is. */
export interface Identity {
  /** Names the session for its whole life: `[\w.-]{1,128}`. It opens nothing. */
  readonly id: string
  /** What only the cookie knows; at least 128 random bits, new with every renewal. */
  readonly secret: string
}

/** What a cookie's value says, whichever way it is written. Instants are epoch milliseconds. */
export interface Token {
  /** `null` where the format has none: a cookie that is nothing but its data. */
  readonly identity: Identity | null
  readonly userId: string | null
  /** `null` where the format does not tell: then only the idle timeout holds. */
  readonly createdAt: number | null
  /** When its user last proved who they are; `null` for a guest's. */
  readonly signedInAt: number | null
  /**
   * When another library wrote the value, where that does not tell when its user signed in: `revokeAll` refuses what was
   * written before it.
   *
   * @default of no time, so that it refuses all
   */
  readonly writtenAt?: number | undefined
  /** When the value was written; for a format that does not tell, now. */
  readonly lastSeenAt: number
  /** Whether the cookie outlives the browser. */
  readonly remember: boolean
  readonly label: string | null
  /** When a store last confirmed the session; `null` when none has seen it, so that the first one to see it adopts it. */
  readonly confirmedAt: number | null
  /** The version of the record that `data` is a copy of; 0 where no store has seen it. */
  readonly version: number
  /** The data, or the copy of it; `null` where the store alone has it. */
  readonly data: Texts | null
  /** Keys that were changed in `data` while the store could not be asked. */
  readonly changed: readonly string[]
  /** Names the data that the store was asked to write, where nobody knows whether it did: its answer was lost. */
  readonly tried?: string | null | undefined
  /** What form tokens are made of, where the format keeps that instead of an identity. */
  readonly csrf?: string | null | undefined
  /** What the format wants back to write the value as it came. Handed on unread. */
  readonly leftover?: unknown
}

/** Whose cookie holds a token. */
export function kindOf(token: Token): 'user' | 'guest' {
  return token.userId === null ? 'guest' : 'user'
}

/** Names a session in events. */
export const idsOf = (token: Token | null): { id: string | null; userId: string | null } => ({
  id: token?.identity?.id ?? null,
  userId: token?.userId ?? null,
})
