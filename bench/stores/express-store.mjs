import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { samples } from '../sample-data.mjs'
import { measureStore, timeStore } from './measure.mjs'

const expires = new Date(Date.now() + 7 * 86_400_000).toISOString()
const cookie = { originalMaxAge: null, expires, httpOnly: true, path: '/' }
const contentOf = (userId, size) => ({ cookie, userId, ...samples[size].create() })

/**
 * Returns the functions of a subject that measure a store of express-session. A change writes the whole session, as the
 * library does at the end of a request that has read it before.
 */
export function measureExpressStore(store) {
  const clock = { ms: 0 }
  const names = ['get', 'set', 'touch', 'destroy']
  const methods = Object.fromEntries(names.map((name) => [name, promisify(store[name].bind(store))]))
  const { get, set, touch, destroy } = timeStore(methods, clock)
  return measureStore({
    clock,
    async signIn(userId, size) {
      const id = randomBytes(24).toString('base64url')
      await set(id, contentOf(userId, size))
      return id
    },
    signOut: destroy,
    operations: {
      async read(id) {
        if (!(await get(id))?.userId) throw new Error('It does not read what it wrote')
      },
      change: (id) => set(id, { ...contentOf('user-1', 'small'), personId: Math.random() }),
      touch: (id) => touch(id, contentOf('user-1', 'small')),
    },
  })
}
