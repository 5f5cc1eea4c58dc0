import { setImmediate } from 'node:timers/promises'
import { open } from 'lmdb'
import { latest } from './sessions.mjs'

const atOnce = 1000

/** lmdb as it comes, and what somebody writes on it: whole sessions by id. @returns {import('./index.mjs').Store} */
export function openLmdb(folder) {
  const db = open({ path: folder })
  const kept = ({ userId, data }, expiresAt) => ({ userId, expiresAt, data })
  const put = (session, expiresAt = latest()) => db.put(session.id, kept(session, expiresAt))

  return {
    async load(sessions) {
      const iterator = sessions[Symbol.iterator]()
      const putSome = () => {
        for (let count = 0; count < 10 * atOnce; count++) {
          const { done, value } = iterator.next()
          if (done) return false
          db.putSync(value.id, kept(value, value.expiresAt))
        }
        return true
      }
      while (db.transactionSync(putSome));
      await db.flushed
    },
    read: (id) => db.get(id),
    dataOf: (found) => found?.data,
    create: (session) => put(session),
    update: (session, change) => put({ ...session, data: { ...session.data, ...change } }),
    touch: (session) => put(session),
    end: ({ id }) => db.remove(id),
    async sweep(before) {
      for (let page = pageFrom(); page.length > 0; page = pageFrom(page.at(-1).key)) {
        await Promise.all(page.filter(({ value }) => value.expiresAt < before).map(({ key }) => db.remove(key)))
        await setImmediate()
      }
    },
    async drop(sessions) {
      await Promise.all(sessions.map(({ id }) => db.remove(id)))
    },
    close: () => db.close(),
  }

  function pageFrom(key) {
    return db.getRange({ start: key, exclusiveStart: key !== undefined, limit: atOnce }).asArray
  }
}
