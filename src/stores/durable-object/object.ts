import { calls, type ObjectCall, type ObjectReply } from './calls.ts'
import { hasUnit, openUnit } from './stored-unit.ts'
import type { ObjectState, ObjectStorage } from './types.ts'

const dayMs = 86_400_000
/** How long an entry is kept after it has expired, because the clocks of the object and of the servers may differ. */
const graceMs = dayMs
/** An alarm is set at most so far ahead. */
const maxAlarmMs = 30 * dayMs

/** The answers of an object that has stored nothing. A `create` or an `endAll` makes it store. */
const emptyAnswers = { read: null, update: null, end: false, list: [] } as const

interface Answered {
  readonly reply: ObjectReply
  /** After a write: when the first entry expires, in epoch milliseconds; `null` if there is none. */
  readonly firstExpiry?: number | null
}

/**
 * The class of the Durable Objects that keep the sessions of {@link durableObjectStore}: one object for each user, and one for each
 * guest's session. Export it from the Worker, and name it in `new_sqlite_classes` of a migration.
 *
 * An object deletes what expired a day ago, by its alarm. When nothing is left, it deletes its storage.
 */
export class SojournObject {
  /** Only for `DurableObjectNamespace<SojournObject>` of Cloudflare's types. */
  declare readonly __DURABLE_OBJECT_BRAND: never
  readonly #storage: ObjectStorage
  /** When the next alarm is due; `undefined` until it was asked for. */
  #alarmAt: number | undefined

  /** The runtime calls it, when the object is first used or was out of memory. */
  constructor({ storage }: ObjectState) {
    this.#storage = storage
  }

  /** Answers a call of the store. Whatever is thrown here rejects the call, and the transaction writes nothing. */
  async fetch(request: Request): Promise<Response> {
    const call = (await request.json()) as ObjectCall
    this.#alarmAt ??= (await this.#storage.getAlarm()) ?? Infinity
    // No await from here on: no other call of this object comes between, and the alarm is one write with the call's own.
    const { reply, firstExpiry } = this.#storage.transactionSync(() => this.#answer(call))
    if (firstExpiry !== undefined) this.#scheduleSweep(reply.now, firstExpiry)
    return Response.json(reply)
  }

  #answer({ name, args, until, needsClock }: ObjectCall): Answered {
    const now = Date.now()
    if (until !== undefined && now > until) return { reply: { now } }
    if (name in emptyAnswers && !hasUnit(this.#storage))
      return { reply: { now, answer: emptyAnswers[name as keyof typeof emptyAnswers] } }
    const unit = openUnit(this.#storage)
    if (needsClock && unit.cutoff !== null) return { reply: { now } }
    const answer = (calls[name] as (...args: unknown[]) => unknown)(unit, args, now)
    const reply = { now, answer }
    return name === 'read' || name === 'list' ? { reply } : { reply, firstExpiry: unit.firstExpiry() }
  }

  /** Removes what has expired. The runtime calls it. */
  async alarm(): Promise<void> {
    this.#alarmAt = Infinity
    const now = Date.now()
    const unit = openUnit(this.#storage)
    unit.removeExpired(now - graceMs)
    const firstExpiry = unit.firstExpiry()
    if (firstExpiry === null) await this.#storage.deleteAll()
    else this.#scheduleSweep(now, firstExpiry)
  }

  /** Sets the alarm, unless an earlier one is set. If that fails, the next call asks when the alarm is due, and sets it again. */
  #scheduleSweep(now: number, firstExpiry: number | null): void {
    const at = Math.min((firstExpiry ?? now) + graceMs, now + maxAlarmMs)
    if (at >= this.#alarmAt!) return
    this.#storage.setAlarm(at).catch(() => (this.#alarmAt = undefined))
    this.#alarmAt = at
  }
}
