import type { SessionNotice, SessionStore } from '../../stores/store.ts'
import type { Machine } from './time.ts'

/** The faults that may be between servers and a store, and in the store. */
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

/** A database that can lose data. */
export interface Losses {
  evict(unit: string): void
  /** A restart without persistence. */
  clear(): void
  /** A failover to a replica that has everything until an instant of true time. */
  rollBackTo(instant: number): void
  units(): readonly string[]
}

/** A database, and what is wrong with the way to it. */
export interface Place {
  readonly name: string
  /** The machine whose clock the database reads. */
  readonly machine: Machine
  /** Whether it is a real store. It has the clock of this process, and no one knows beforehand how long a call takes. */
  readonly isReal: boolean
  /** Returns the database as a server reaches it. */
  storeOf(server: string): SessionStore
  /** Calls back for each notice that reaches a server. */
  subscribe(server: string, onNotice: (notice: SessionNotice | null) => void, onLost?: () => void): () => void
  /** `null` for a real database, which loses nothing here. */
  readonly losses: Losses | null
  /** Breaks the real way to the database, and returns what mends it; `null` if the fault must be played. */
  hurt?(fault: Fault): (() => void) | null
  readonly faults: Set<Fault>
  /** How often it has lost all connections, with the answers that were on their way. */
  generation: number
  /** When it had everything that a store before it had. */
  filledAt: number
}
