import { latest, now } from './sessions.mjs'

/** What is called of a store of Sojourn's. @param {import('sojourn').SessionStore} store */
export function operationsOf(store) {
  const update = ({ id, secretHash }, set, expiresAt) =>
    store.update(id, { secretHash }, { set, unset: [], lastSeenAt: now, expiresAt })
  return {
    read: (id) => store.read(id),
    dataOf: (found) => found?.data,
    create: (session) => store.create(session),
    update: (session, change) => update(session, change, latest()),
    touch: (session, expiresAt = latest()) => update(session, {}, expiresAt),
    end: ({ id }) => store.end(id, { ended: 'signed-out', endedAt: now, expiresAt: 0 }),
    list: (userId) => store.list(userId),
  }
}
