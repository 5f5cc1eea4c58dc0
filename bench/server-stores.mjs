import { startPostgres } from './engines/postgres.mjs'
import { startRedis } from './engines/redis.mjs'
import { stopEngines } from './engines/running.mjs'
import { bytesOfEach, keepers } from './stores/bytes.mjs'
import { interleave } from './rounds.mjs'
import { casesOf, countsOf, nameOf } from './stores.mjs'
import { childOf, stopAll } from './stores/child.mjs'
import { inFolder } from './stores/folder.mjs'
import { inServers } from './stores/in-servers.mjs'
import { number } from './text.mjs'

/**
 * @typedef {object} ServerStoreFigures
 * @property {readonly number[]} counts
 * @property {Map<string, number[]>} microseconds of a call, one a round, by `nameOf`
 * @property {Map<string, { sent: number, received: number }>} listing bytes of a listing, by `nameOf`, where it is known
 * @property {Map<string, number>} bytes a session, by `keepers` and size
 * @property {number} kept how many sessions there were then
 */

/**
 * The stores of an engine by themselves, each with each number of sessions in a process of its own.
 *
 * @param {'redis' | 'postgres'} engine
 * @param {{ rounds: number, quick: boolean, million: boolean, onRound: (round: number) => void, note: (text: string) => void }} options
 * @returns {Promise<ServerStoreFigures>}
 */
export function serverStores(engine, { rounds, quick, million, onRound, note }) {
  const kept = quick ? 10_000 : 100_000
  // Loading takes a statement for each session.
  const many = engine === 'postgres' ? 10_000 : kept
  const counts = [1000, many, ...(million && engine === 'redis' ? [1_000_000] : [])]
  const stop = async () => {
    await stopAll()
    await stopEngines()
  }
  return inFolder(async (folder) => {
    const { placeOf, bytes, close } = await engines[engine](folder)
    const each = await bytes(kept, note)
    const loaded = []
    const listing = new Map()
    for (const contender of inServers[engine]) {
      for (const count of countsOf(contender, counts)) {
        note(`loading ${number(count)} sessions into ${contender.name}`)
        const { place, traffic } = await placeOf()
        const child = childOf(contender, place, count)
        await child.ask('load')
        const one = { contender, count, child, has: await child.ask('open') }
        loaded.push(one)
        if (traffic !== undefined && one.has.includes('list')) {
          listing.set(nameOf(contender.name, 'list', count), await listingOf(one, traffic))
        }
      }
    }
    const cases = loaded.flatMap((one) => casesOf(one, quick))
    const microseconds = await interleave(cases, { rounds, onRound })
    for (const { child } of loaded) await child.ask('close')
    await close()
    return { counts, microseconds, listing, bytes: each, kept }
  }, stop)
}

/** What a listing sends and gets, in bytes: means of some. */
async function listingOf({ child }, traffic) {
  const [before, between] = [await traffic(), await traffic()]
  const calls = 200
  await child.ask('repeat', { operation: 'list', count: calls })
  const after = await traffic()
  // What the question itself takes is known by having asked twice.
  const each = (field) => (after[field] - 2 * between[field] + before[field]) / calls
  return { sent: each('sent'), received: each('received') }
}

const engines = {
  /** A Redis for each store. */
  async redis(folder) {
    return {
      async placeOf() {
        const { url, traffic } = await startRedis(folder)
        return { place: url, traffic }
      },
      async bytes(count, note) {
        const { redisStore } = await import('sojourn/redis')
        const { RedisStore } = await import('connect-redis')
        const { client, memory, stop } = await startRedis(folder)
        const stores = { sojourn: redisStore(client), express: new RedisStore({ client }) }
        const each = await bytesOfEach(keepers.redis, {
          count,
          stores,
          empty: () => client.flushAll(),
          bytes: memory,
          note,
        })
        await stop()
        return each
      },
      async close() {},
    }
  },

  /** A database of one Postgres for each store. */
  async postgres(folder) {
    const { connectPg, fillingPool } = await import('./stores/postgres.mjs')
    const { url } = await startPostgres(folder)
    const pool = fillingPool(url)
    let databases = 0
    return {
      async placeOf() {
        const name = `sessions_${++databases}`
        await pool.query(`CREATE DATABASE ${name}`)
        return { place: Object.assign(new URL(url), { pathname: name }).href }
      },
      async bytes(count, note) {
        const { postgresStore } = await import('sojourn/postgres')
        const stores = { sojourn: postgresStore(pool), express: await connectPg(pool) }
        await stores.sojourn.createTable()
        const empty = () => pool.query('TRUNCATE sojourn_sessions, session')
        const sum = ['sojourn_sessions', 'session'].map((table) => `pg_total_relation_size('${table}')`).join(' + ')
        const bytes = async () => Number((await pool.query(`SELECT ${sum} AS sum`)).rows[0].sum)
        return bytesOfEach(keepers.postgres, { count, stores, empty, bytes, note })
      },
      close: () => pool.end(),
    }
  },
}
