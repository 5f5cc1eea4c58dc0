import type { SessionNotice } from '../../src/stores/store.ts'
import type { Database } from './database.ts'

/** What may be wrong between servers and a store, and with the store. */
export type FaultKind =
  'slow' | 'lost-requests' | 'lost-answers' | 'down' | 'refused' | 'errors' | 'full' | 'read-only' | 'bad-notices'

/** A fault that lasts. */
export interface Fault {
  readonly kind: FaultKind
  /** The server that it concerns; `null` for all. */
  readonly server: string | null
  /** How many of the calls it concerns, from 0 to 1. */
  readonly share: number
  readonly until: number
}

/** Returns a fault of these kinds that concerns a server now. */
export type FaultOf = (...kinds: FaultKind[]) => Fault | undefined

/** A database, and what is wrong with the way to it. */
export interface Place {
  readonly name: string
  readonly database: Database
  readonly faults: Set<Fault>
  /** How often it has lost all connections, with the answers that were on their way. */
  generation: number
  /** When it had everything that a store before it had. */
  filledAt: number
  readonly listeners: Set<(notice: SessionNotice) => void>
}
