import type { Context } from './time.ts'
import type { CookieFacts } from './facts.ts'
import type { Model } from './model.ts'
import type { Browser } from './people.ts'
import type { Place } from './place.ts'
import type { Plan } from './plan.ts'
import type { Process, Server } from './servers.ts'

/** Something that was promised and does not hold. */
export interface Violation {
  readonly at: number
  readonly rule: string
  readonly text: string
}

export interface Result {
  readonly violations: readonly Violation[]
  /** Only if it was asked for. */
  readonly story: readonly { readonly at: number; readonly text: string }[]
}

/** How often visitors came in each state while each fault lasted, over all schedules: `state|fault`. */
export const coverage = new Map<string, number>()
/** Events that are not compared with a promise. */
export const unchecked = new Map<string, number>()
export const count = (tally: Map<string, number>, name: string): void =>
  void tally.set(name, (tally.get(name) ?? 0) + 1)

/** A simulation while it runs. */
export interface World {
  readonly plan: Plan
  readonly model: Model
  readonly context: Context
  readonly servers: readonly Server[]
  readonly browsers: readonly Browser[]
  readonly places: Place[]
  readonly keys: readonly string[]
  /** Every user's cookie that was sent, by its value. */
  readonly cookies: Map<string, CookieFacts>
  /** Roll-outs come one after another. */
  rolling: Promise<void>
  isMoving: boolean
  addPlace(): Place
  restart(server: Server): void
  wrong(rule: string, text: string): void
  tell(text: () => string): void
  cover(process: Process, cookie: CookieFacts | null, outcome: string): void
  newValue(owner: string | null): string
  own(value: string, owner: string | null): void
  ownerOf(value: string): string | undefined
  carriedFrom(id: string): string | null
  sessionName(id: string): string
  jump(server: Server, byMs: number): void
  /** How much any two clocks have differed, at the most. */
  skewMs(): number
  wasToldOf(type: string, id: string, since: number): boolean
  noteFault(kind: string, forMs: number): void
  /** Whether a process was killed, with all that it had yet to do. */
  wasKilled: boolean
}
