import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import session from 'express-session'
import sessionFileStore from 'session-file-store'
import { now } from './sessions.mjs'

// What the store's own interval calls; there is no other way to know when it is done.
const { reap } = createRequire(import.meta.url)('session-file-store/lib/session-file-helpers.js')

const atOnce = 64
const week = 7 * 86_400_000

/** @returns {import('./index.mjs').Store} */
export function openFiles(folder) {
  const FileStore = sessionFileStore(session)
  const store = new FileStore({ path: folder, ttl: week / 1000, reapInterval: -1, retries: 0, logFn() {} })
  const [get, set, touch, destroy] = ['get', 'set', 'touch', 'destroy'].map((name) =>
    promisify(store[name]).bind(store),
  )
  const put = (one, change) => set(one.id, { cookie: cookieOf(one), ...one.data, ...change })

  return {
    async load(sessions) {
      const iterator = sessions[Symbol.iterator]()
      const worker = async () => {
        for (const one of iterator) await put(one)
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
    },
    read: (id) => get(id).catch(noneIfMissing),
    dataOf: (found) => found,
    create: (one) => put(one),
    update: put,
    touch: (one) => touch(one.id, { cookie: cookieOf(one) }),
    end: ({ id }) => destroy(id),
    sweep: () => promisify(reap)(store.options),
    async drop(sessions) {
      for (const { id } of sessions) await destroy(id)
    },
    close() {},
  }
}

/** Sessions expire by the time since they were written, so one that has expired is one that lasted a millisecond. */
const cookieOf = ({ expiresAt }) => ({
  originalMaxAge: expiresAt < now ? 1 : week,
  expires: new Date(expiresAt).toISOString(),
  httpOnly: true,
  path: '/',
})

function noneIfMissing(error) {
  if (error.code !== 'ENOENT') throw error
}
