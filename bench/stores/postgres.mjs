import { promisify } from 'node:util'
import pg from 'pg'
import { postgresStore } from 'sojourn/postgres'
import { fillWith } from './fill.mjs'
import { operationsOf } from './sojourn.mjs'

const poolOf = (url) => new pg.Pool({ connectionString: url, max: 10 })

/** One whose writes do not wait for the disk. @param {string} url */
export const fillingPool = (url) =>
  new pg.Pool({ connectionString: url, max: 10, options: '-c synchronous_commit=off' })

/** Sojourn's, with a pool of pg. @returns {Promise<import('./index.mjs').Store>} */
export async function openPostgres(url) {
  const pool = poolOf(url)
  const store = postgresStore(pool)
  await store.createTable()
  return {
    load: (sessions) => withPool(fillingPool(url), (filling) => fillWith(sessions, postgresStore(filling).create)),
    ...operationsOf(store),
    drop: (sessions) => pool.query('DELETE FROM sojourn_sessions WHERE id = ANY($1)', [sessions.map(({ id }) => id)]),
    close: () => pool.end(),
  }
}

/** What people have who use express-session. @returns {Promise<import('./index.mjs').Store>} */
export async function openConnectPg(url) {
  const pool = poolOf(url)
  const { get, set, touch, destroy } = await connectPg(pool)
  const put = (session, change) => set(session.id, kept(session, change))
  return {
    load: (sessions) =>
      withPool(fillingPool(url), async (filling) => {
        const { set: fill } = await connectPg(filling)
        await fillWith(sessions, (session) => fill(session.id, kept(session)))
      }),
    read: get,
    dataOf: (found) => found ?? undefined,
    create: (session) => put(session),
    update: put,
    touch: (session) => touch(session.id, kept(session)),
    end: ({ id }) => destroy(id),
    drop: (sessions) => pool.query('DELETE FROM session WHERE sid = ANY($1)', [sessions.map(({ id }) => id)]),
    close: () => pool.end(),
  }
}

/** connect-pg-simple, with promises, and its table. */
export async function connectPg(pool) {
  const { default: session } = await import('express-session')
  const { default: connectPgSimple } = await import('connect-pg-simple')
  const Store = connectPgSimple(session)
  const store = new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  const of = (name) => promisify(store[name].bind(store))
  await of('get')('none') // its table is made when it is first used
  return { get: of('get'), set: of('set'), touch: of('touch'), destroy: of('destroy') }
}

async function withPool(pool, work) {
  await work(pool)
  await pool.end()
}

const kept = ({ userId, data, expiresAt }, change) => ({
  cookie: { originalMaxAge: null, expires: new Date(expiresAt).toISOString(), httpOnly: true, path: '/' },
  userId,
  ...data,
  ...change,
})
