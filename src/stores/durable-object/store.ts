import { SojournError } from '../../core/errors.ts'
import { sha256 } from '../../util/sha256.ts'
import { TooLate, type SessionKey, type SessionStore } from '../store.ts'
import type { CallTypes, ObjectCall, ObjectReply } from './calls.ts'
import type { ObjectNamespace } from './types.ts'

export { SojournObject } from './object.ts'
export type { ObjectNamespace, ObjectState, ObjectStorage, ObjectStub } from './types.ts'

/** The instants of a call, by this process's clocks. */
interface Instants {
  /** When the caller stops waiting, in epoch milliseconds. */
  readonly until?: number | undefined
  /** When the request was opened, by `performance.now()`. */
  readonly openedAt?: number | undefined
}

/**
 * Stores sessions in Durable Objects, for Cloudflare Workers: one object for each user, and one for each guest's session. Takes the
 * binding of a class that the Worker exports: {@link SojournObject}, or a class that extends it.
 *
 * Each operation is one request to one object, and all of its writes are one transaction. A sign-in is two requests if the user's
 * sessions were all ended in the last 30 days, because the object's clock decides which was first.
 *
 * `sessions.watch` does not work on Workers, because they stop the timers of a request with its response. The store has no `all`, so
 * sessions cannot be moved from here to another store.
 *
 * @throws `ERR_STORE_CLIENT` if it is not such a binding.
 * @example
 * ```ts
 * const sessions = createSessions({ store: durableObjectStore(env.SESSIONS) })
 * ```
 */
export function durableObjectStore(namespace: ObjectNamespace): SessionStore {
  if (typeof namespace?.idFromName !== 'function' || typeof namespace.get !== 'function') {
    throw new SojournError(
      'ERR_STORE_CLIENT',
      'durableObjectStore takes the binding of a Durable Object’s class, such as env.SESSIONS. Name it in durable_objects of the Worker’s configuration.',
    )
  }

  async function send<Answer>(key: SessionKey, { until, ...call }: ObjectCall): Promise<ObjectReply<Answer>> {
    const stub = namespace.get(namespace.idFromName(objectName(key)))
    // JSON has no Infinity: it would become null.
    const body = JSON.stringify({ ...call, until: Number.isFinite(until) ? until : undefined })
    const response = await stub.fetch('https://sojourn/', { method: 'POST', body })
    if (response.status !== 200) throw new Error(`The Durable Object answered with status ${response.status}.`)
    return (await response.json()) as ObjectReply<Answer>
  }

  /**
   * Calls an object. If it answers only with its clock, the call is repeated with instants of that clock.
   *
   * The first request has `until` by the clock of this process. So an object whose clock is behind does it too late, by at most the
   * difference of the clocks.
   *
   * @param argsAt returns the arguments, with `openedAt` by the object's clock. At first it is 0, which only a unit without a cutoff takes.
   */
  async function ask<Name extends keyof CallTypes>(
    key: SessionKey,
    name: Name,
    argsAt: (openedAt: number | undefined) => CallTypes[Name]['args'],
    { until, openedAt }: Instants = {},
  ): Promise<CallTypes[Name]['answer']> {
    type Answer = CallTypes[Name]['answer']
    const needsClock = openedAt !== undefined
    const first = await send<Answer>(key, { name, args: argsAt(needsClock ? 0 : undefined), until, needsClock })
    if (first.answer !== undefined) return first.answer
    // The reply took time, so what the object's clock said is less than what it says now. Both instants of the second request therefore
    // err on the early side: it is not done after its caller gave up, and no sign-in counts as later than it was. The object's clock has
    // whole milliseconds, hence the 1.
    const second = await send<Answer>(key, {
      name,
      args: argsAt(!needsClock ? undefined : first.now - (performance.now() - openedAt) - 1),
      until: until === undefined ? undefined : first.now + (until - Date.now()),
    })
    if (second.answer === undefined) throw new TooLate('The call reached the Durable Object too late.')
    return second.answer
  }

  return {
    name: 'Durable Objects',
    create(record, { openedAt, ...options } = {}, until) {
      const argsAt = (openedAt: number | undefined) => ({ record, options: { ...options, openedAt } })
      return ask(record, 'create', argsAt, { until, openedAt })
    },
    read: (key) => ask(key, 'read', () => ({ id: key.id })),
    update: (key, { secretHash, version }, change, until) =>
      ask(key, 'update', () => ({ id: key.id, held: { secretHash, version }, change }), { until }),
    end: (key, ending, until) => ask(key, 'end', () => ({ id: key.id, ending }), { until }),
    endAll(userId, ending, except = null, until) {
      const argsAt = (openedAt: number | undefined) => ({ ending, except: except && { id: except.id, openedAt } })
      return ask({ id: '', userId }, 'endAll', argsAt, { until, openedAt: except?.openedAt })
    },
    list: (userId) => ask({ id: '', userId }, 'list', () => undefined),
  }
}

/** Hashed, because a name is stored as UTF-8, which has no lone surrogates, and may be 1,024 bytes long. */
const objectName = ({ id, userId }: SessionKey): string =>
  userId === null ? `guest ${id}` : `user ${sha256(JSON.stringify(userId))}`
