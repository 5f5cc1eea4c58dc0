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
    // No await from here on, so that no other call of this object comes between.
    return Response.json(this.#storage.transactionSync(() => this.#answer(call)))
  }

  #answer({ name, args, until, needsClock }: ObjectCall): ObjectReply {
    const now = Date.now()
    if (until !== undefined && now > until) return { now }
    if (name in emptyAnswers && !hasUnit(this.#storage))
      return { now, answer: emptyAnswers[name as keyof typeof emptyAnswers] }
    const unit = openUnit(this.#storage)
    if (needsClock && unit.cutoff !== null) return { now }
    const answer = (calls[name] as (...args: unknown[]) => unknown)(unit, args, now)
    if (name !== 'read' && name !== 'list') this.#scheduleSweep(now, unit.firstExpiry())
    return { now, answer }
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

  /** Sets the alarm, unless an earlier one is set. It is one write with the call's own, because nothing is awaited between them. */
  #scheduleSweep(now: number, firstExpiry: number | null): void {
    const at = Math.min((firstExpiry ?? now) + graceMs, now + maxAlarmMs)
    if (at >= this.#alarmAt!) return
    this.#alarmAt = at
    void this.#storage.setAlarm(at)
  }
}
