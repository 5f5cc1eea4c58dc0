import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { nextExpiry, startedAt } from './sample-sessions.mjs'

/**
 * A store as the bench calls it. A library without an operation leaves it out.
 *
 * @typedef {object} MeasuredStore
 * @property {(id: string) => Promise<Record<string, string> | undefined>} read resolves to the data
 * @property {(session: any) => Promise<unknown>} create
 * @property {(session: any, change: Record<string, string>) => Promise<unknown>} update writes one key
 * @property {(session: any) => Promise<unknown>} touch writes a new expiry
 * @property {(session: any) => Promise<unknown>} end
 * @property {(userId: string) => Promise<readonly any[]>} [list]
 * @property {() => Promise<void>} [sweep] removes expired sessions
 * @property {(sessions: readonly any[]) => Promise<void>} remove removes sessions, also ended ones, without a trace
 * @property {() => any} readBytes resolves to the bytes of all sessions, plus a constant
 * @property {() => any} [close]
 */

/**
 * @param {import('sojourn').SessionStore} store
 * @param {Pick<MeasuredStore, 'readBytes' | 'close'>} rest
 * @returns {MeasuredStore}
 */
export function createSojournStore(store, rest) {
  const update = ({ id, secretHash }, set, expiresAt) =>
    store.update(id, { secretHash }, { set, unset: [], lastSeenAt: startedAt, expiresAt })
  const sweep = async (before = startedAt) => {
    do
      await setImmediate() // between two steps, others have a turn, as when Sojourn sweeps
    while ((await store.sweep(before)) > 0)
  }
  return {
    read: async (id) => (await store.read(id))?.data,
    create: (session) => store.create(session),
    update: (session, change) => update(session, change, nextExpiry()),
    touch: (session) => update(session, {}, nextExpiry()),
    end: ({ id }) => store.end(id, { ended: 'signed-out', endedAt: startedAt, expiresAt: 0 }),
    list: (userId) => store.list(userId),
    ...(store.sweep && { sweep }),
    async remove(sessions) {
      for (const session of sessions) await update(session, {}, 0)
      if (store.sweep) await sweep(1)
    },
    ...rest,
  }
}

/**
 * @param {import('express-session').Store} store
 * @param {Pick<MeasuredStore, 'readBytes' | 'close'>} rest
 * @returns {MeasuredStore}
 */
export function createExpressStore(store, rest) {
  const [get, set, touch, destroy] = ['get', 'set', 'touch', 'destroy'].map((name) =>
    promisify(store[name].bind(store)),
  )
  const contentOf = ({ userId, data, expiresAt }, change) => ({
    cookie: { originalMaxAge: null, expires: new Date(expiresAt).toISOString(), httpOnly: true, path: '/' },
    userId,
    ...data,
    ...change,
  })
  return {
    read: async (id) => (await get(id)) ?? undefined,
    create: (session) => set(session.id, contentOf(session)),
    // Writes the whole session, as the library does at the end of a request that read it before.
    update: (session, change) => set(session.id, contentOf(session, change)),
    touch: (session) => touch(session.id, contentOf(session)),
    end: ({ id }) => destroy(id),
    async remove(sessions) {
      for (const { id } of sessions) await destroy(id)
    },
    ...rest,
  }
}
