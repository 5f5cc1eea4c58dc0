import type { Codec } from '../core/codec.ts'
import type { Events } from '../core/events.ts'
import type { Lifetimes } from '../core/lifetime.ts'
import type { EndQueue } from './end-queue.ts'
import type { ResilientStore } from './resilient-store.ts'
import type { UserCutoffs } from './user-cutoffs.ts'

/** What sessions are kept with in a store. */
export interface StoreContext {
  readonly store: ResilientStore
  readonly userCutoffs: UserCutoffs
  readonly endQueue: EndQueue
  readonly lifetimes: Lifetimes
  readonly codec: Codec
  readonly events: Events
  /** Whether the cookie is nothing but the id: then every session is kept, also a guest's who has nothing. */
  readonly idIsSecret: boolean
  /** Sweeps the store now and then; nobody waits for it. */
  readonly sweepIfDue: (now: number) => void
  /** Is told of each session that got a new secret. */
  readonly onRenew: (id: string, secretHash: string) => void
  readonly now: () => number
}
