// The facts about sessions, cookies, calls and servers that the model compares with the promises.
import type { Values, Write } from './values.ts'

/** A session, from the answer to its sign-in on; a guest's from its first cookie on. */
export interface KnownSession {
  /** Its name in stories. */
  readonly name: string
  readonly id: string
  readonly user: string | null
  /** When its sign-in was opened and answered. */
  readonly openedAt: number
  readonly answeredAt: number
  /** When the store had it, at the latest. A session that began without the store is adopted later. */
  storedAt: number
  /** When its user last signed in, at the latest. */
  signedInAt: number
  mayBeOverSince: number
  isOverSince: number
  /** How many calls may have ended it. */
  attempts: number
  /** By their hash. */
  readonly secrets: Map<string, Secret>
  /** The guest's session whose data it began with. */
  readonly carriedFrom: string | null
  /** The guest’s count that it began with. */
  readonly carriedCount: number
  readonly values: Values
  /** When it was last used at all. */
  lastUseAt: number
  /** The uses that the store is certain to have noted, and when they were answered: its sign-in at first. */
  sureUses: { readonly at: number; readonly answeredAt: number }[]
  /** Whether a sign-in may have taken it for idle or expired, by its server's clock. The limit of sessions does not count it then. */
  mayBeUncounted: boolean
  /** Whether a server without a store has handled it. Then a revocation does not reach all its cookies. */
  wasWithoutStore: boolean
  /** Whether the store may have lost it, or its ending. */
  wasLost: boolean
}

/** Whether a cookie that no store has confirmed may be adopted once more, whatever the store knew of its session before. */
export const isAdoptedAgain = ({ wasWithoutStore, wasLost }: KnownSession): boolean => wasWithoutStore && wasLost

/** A secret of a session: a renewal replaces it. */
export interface Secret {
  readonly madeAt: number
  /** How many requests may have replaced it. */
  attempts: number
  mayBeOverSince: number
  isOverSince: number
}

/** The facts about the cookie of a signed-in user. */
export interface CookieFacts {
  readonly value: string
  readonly session: KnownSession
  readonly hash: string
  /** When the request was opened whose answer set it. */
  readonly openedAt: number
  /** When a store last confirmed its session, by the clock of the server that sealed it; `null` if none has. */
  readonly confirmedAt: number | null
  /** The last write of each key that it has. */
  readonly carried: ReadonlyMap<string, Write>
}

/** A call of `revokeAll`. */
export interface Revocation {
  readonly user: string
  readonly except: string | null
  readonly startedAt: number
  answeredAt: number
  isDone: boolean
}

/** The facts that a process of a server has learned, and whether its store has answered it. A restart forgets them. */
export interface Learned {
  /** The ids of sessions that it has ended or read as ended, the hashes of secrets that it has replaced, and since when. */
  readonly over: Map<string, number>
  /** The ids and secrets that are over by a notice or because it has refused them, and since when. An answer of the store corrects that. */
  readonly heard: Map<string, Heard>
  /** By its own clock, when it first saw a cookie. */
  readonly firstSeen: Map<string, number>
  /** The changes that its cookies have kept during an outage, by secret: it merges them, whichever cookie comes back. A renewal forgets them. */
  readonly kept: Map<string, Write[]>
  /** The sessions that were signed out here. It repeats the end until the store has answered. */
  readonly signedOut: KnownSession[]
  /** When the store last took a write of each session, and of each value. A restart does not forget it. */
  readonly savedAt: Map<string, number>
  /** The values that it asked the store to take. The store may have one whose call was not answered. */
  readonly sent: Set<string>
  /** Whether it has said that its store is down. */
  saysDown: boolean
  /** Until when failed calls can still show. */
  troubleUntil: number
  /** No call was answered since one failed. */
  isDoubtful: boolean
  /** When it last called its store. */
  calledAt: number
}

/** When a process heard that an id or secret is over, and the hash of the secret that replaced it. */
export interface Heard {
  readonly at: number
  readonly replacedBy?: string
}

export const createLearned = (savedAt = new Map<string, number>()): Learned => ({
  over: new Map(),
  heard: new Map(),
  firstSeen: new Map(),
  kept: new Map(),
  signedOut: [],
  savedAt,
  sent: new Set(),
  saysDown: false,
  troubleUntil: -1,
  isDoubtful: false,
  calledAt: -1,
})
