import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { samples } from '../sample-data.mjs'
import { createMany, medianOf, pickFrom, userOf } from './fill.mjs'

const expires = new Date(Date.now() + 7 * 86_400_000).toISOString()
const cookie = { originalMaxAge: null, expires, httpOnly: true, path: '/' }

/**
 * Returns the functions of a subject that measure a store of express-session, as `measureSojourn` does. A change writes the
 * whole session, as the library does at the end of a request that has read it before.
 *
 * @param {object} [rest] more functions
 */
export function measureExpressStore(store, rest) {
  const [get, set, touch, destroy] = ['get', 'set', 'touch', 'destroy'].map((name) =>
    promisify(store[name].bind(store)),
  )
  let ids = []
  const contentOf = (userId, size) => ({ cookie, userId, ...samples[size].create() })

  async function signIn(userId, size) {
    const id = randomBytes(24).toString('base64url')
    await set(id, contentOf(userId, size))
    return id
  }
  const operations = {
    read: () => get(pickFrom(ids)),
    change: () => set(pickFrom(ids), { ...contentOf('user-1', 'small'), personId: Math.random() }),
    touch: () => touch(pickFrom(ids), contentOf('user-1', 'small')),
  }
  return {
    async fill(count, size) {
      ids = await createMany(count, (index) => signIn(userOf(index), size))
      if (!(await get(pickFrom(ids)))?.userId) throw new Error('It does not read what it wrote')
    },
    async measure(count) {
      const created = []
      const all = { ...operations, 'sign-in': async () => created.push(await signIn('user-1', 'small')) }
      all['sign-out'] = () => destroy(created.pop())
      const result = {}
      const timeOf = async (run) => {
        const startedAt = performance.now()
        await run()
        return (performance.now() - startedAt) * 1000
      }
      for (const [name, run] of Object.entries(all)) {
        result[name] = await medianOf(name === 'sign-out' ? created.length : count, () => timeOf(run))
      }
      return result
    },
    ...rest,
  }
}
