import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { SessionsOptions } from '../../src/index.ts'
import { both, move } from '../../src/move.ts'
import type { SessionStore } from '../../src/store.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { openSqlite } from '../../src/stores/sqlite/open.ts'
import { describeRedis, startRedis } from '../setup/redis.ts'
import { startFleet, type Arrangement, type Fleet } from './fleet.ts'
import { invite, type People } from './people.ts'

const size = 200
const unconfirmedFor = 7200

interface OpenedStore {
  readonly store: SessionStore
  close(): unknown
}

/** The arrangements of the table, each of a server with connections of its own, by a clock that tests set. */
function arrangements(file: string, url: string, now: () => number) {
  const sqlite = async (): Promise<OpenedStore> => {
    const db = await openSqlite(file)
    return { store: sqliteStore(db), close: () => db.close() }
  }
  const redis = async (): Promise<OpenedStore> => {
    const store = redisStore(url)
    return { store, close: () => store.close() }
  }
  const bothOf = (to: typeof sqlite, from: typeof sqlite) => async (): Promise<OpenedStore> => {
    const [new_, old] = [await to(), await from()]
    const close = async () => Promise.all([new_.close(), old.close()])
    return { store: both(new_.store, old.store), close }
  }
  const kept = (open: () => Promise<OpenedStore>, options: SessionsOptions): Arrangement => {
    return async () => {
      const { store, close } = await open()
      // Two cores are shared by all of this.
      return { options: { now, store, storeTimeout: 5, ...options }, close }
    }
  }
  const copy = { unconfirmedFor }
  return {
    sqlite,
    redis,
    cookie: async () => ({ options: { now } }),
    cookieThatTakesCopies: async () => ({ options: { now, unconfirmedFor } }),
    sqliteWithCopy: kept(sqlite, copy),
    sqliteToRedis: kept(bothOf(redis, sqlite), copy),
    redisWithCopy: kept(redis, copy),
    redisAlone: kept(redis, {}),
    redisToSqlite: kept(bothOf(sqlite, redis), copy),
  } satisfies Record<string, unknown>
}

/** Moves, as somebody does beside the servers. */
async function moveAll(from: () => Promise<OpenedStore>, to: () => Promise<OpenedStore>): Promise<void> {
  const [old, new_] = [await from(), await to()]
  expect(await move(old.store, new_.store)).toMatchObject({ differing: 0 })
  await old.close()
  await new_.close()
}

/** What went wrong so far, for those who signed in. */
const failures = ({ visits }: People): string[] =>
  visits
    .filter(({ status, page, who }) => status !== 200 || page === null || page.user !== who)
    .map(({ who, path, status, page }) => `${who} ${path}: ${status} as ${page?.user}`)

/** How many of those who came to stay are listed, with one session each. */
async function listed({ shops }: Fleet): Promise<number> {
  const lists = await Promise.all(
    Array.from({ length: size }, (_, n) => shops[n % shops.length]!.sessions.list(`visitor-${n}`)),
  )
  return lists.filter((list) => list.length === 1).length
}

describeRedis('200 visitors, while three servers go along the table and back, one after another,', () => {
  it.concurrent.each([
    ['at once', 0],
    ['with 20 minutes after each restart', 1200],
  ])(
    '%s: nobody is signed out, no request fails, and who signed out stays out',
    async (_, seconds) => {
      const folder = await mkdtemp(join(tmpdir(), 'sojourn-growing-'))
      const redis = await startRedis()
      let ahead = 0
      const ways = arrangements(join(folder, 'sessions.db'), redis.url, () => Date.now() + ahead)
      const fleet = await startFleet(ways.cookie)
      const people = await invite(fleet.port, { size, away: 20, leaving: 30, perSecond: 100 })

      /** Restarts all servers; with stores, people sign out meanwhile. */
      async function rollOut(arrangement: Arrangement, leaving = true): Promise<void> {
        await fleet.rollOut(arrangement, async (restarted) => {
          if (leaving) await people.leave(restarted)
          await new Promise((resolve) => setTimeout(resolve, 300))
          ahead += seconds * 1000
        })
        if (leaving) await people.leave(fleet.shops[1]!)
      }

      /** Everybody comes, those who were away as well, and every token of who signed out comes back. */
      async function look(): Promise<void> {
        await people.all()
        expect(failures(people)).toEqual([])
        expect(await people.replay(fleet.shops)).toEqual([])
        expect(await listed(fleet)).toBe(size)
      }

      try {
        await rollOut(ways.cookieThatTakesCopies, false)
        await rollOut(ways.sqliteWithCopy)
        await look()
        await rollOut(ways.sqliteToRedis)
        await moveAll(ways.sqlite, ways.redis)
        await rollOut(ways.redisWithCopy)
        await look()
        await rollOut(ways.redisAlone)
        await look()

        await rollOut(ways.redisWithCopy)
        await look()
        await rollOut(ways.redisToSqlite)
        await moveAll(ways.redis, ways.sqlite)
        await rollOut(ways.sqliteWithCopy)
        await look()
        await rollOut(ways.cookieThatTakesCopies, false)
        await people.all()
        await rollOut(ways.cookie, false)
        expect(await people.wrongs()).toEqual([])
        expect(failures(people)).toEqual([])
        expect(people.visits.length).toBeGreaterThan(10 * size)
      } finally {
        await people.stop()
        await fleet.stop()
        await redis.stop()
        await rm(folder, { recursive: true, force: true })
      }
    },
    120_000,
  )
})
