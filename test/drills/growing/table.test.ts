import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import type { SessionsOptions } from '../../../src/index.ts'
import { both, move } from '../../../src/move/index.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import type { Shop } from '../outages/shop.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { startFleet, type Arrangement, type Fleet } from './fleet.ts'
import { answerTo, invite, type Left, type People } from './people.ts'

const size = 200
const unconfirmedFor = 7200
/** How many visits there are between two restarts: so many that each visitor comes well within `unconfirmedFor`. */
const visitsPerRestart = 60

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
      // A busy machine may be slow, and no store fails here.
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

/** Moves the sessions, as a command beside the servers does. */
async function moveAll(from: () => Promise<OpenedStore>, to: () => Promise<OpenedStore>): Promise<void> {
  const [old, new_] = [await from(), await to()]
  expect(await move(old.store, new_.store)).toMatchObject({ differing: 0 })
  await old.close()
  await new_.close()
}

/** Errors so far, for users who signed in. */
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

/** How cookies of users who stayed are answered: as themselves, or as nobody. */
async function replayed({ cookies }: People, shops: readonly Shop[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const count = (answer: string) => counts.set(answer, (counts.get(answer) ?? 0) + 1)
  for (const shop of shops) {
    for (const [name, cookiesOfUser] of cookies()) {
      const answers = await Promise.all([...cookiesOfUser].map(async (cookie) => answerTo(cookie, shop)))
      for (const answer of answers) count(answer === name ? 'themselves' : answer)
    }
  }
  return counts
}

/** Each cookie of a signed-out user that a server answers otherwise than expected. */
async function unexpected(
  left: readonly Left[],
  shops: readonly Shop[],
  expected: (left: Left, shop: Shop, cookie: string) => string,
): Promise<string[]> {
  const unexpected: string[] = []
  for (const shop of shops) {
    for (const each of left) {
      const answers = await Promise.all(each.cookies.map(async (cookie) => answerTo(cookie, shop)))
      for (const [at, answer] of answers.entries()) {
        const should = expected(each, shop, each.cookies[at]!)
        if (answer !== should) unexpected.push(`${each.name}, cookie ${at}: ${answer}, and not ${should}`)
      }
    }
  }
  return unexpected
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
      const people = await invite(fleet.port, { size, away: 20, leaving: 50, perSecond: 100 })
      // Users who signed out: with a store, which knows of it, and without one.
      const ended: Left[] = []
      const endedInBrowser: Left[] = []

      async function leave(shop: Shop): Promise<void> {
        const where = fleet.hasStore(shop) ? ended : endedInBrowser
        where.push(await people.leave(shop))
      }

      /** Restarts all servers, and signs people out at those that were restarted and at those that were not. */
      async function rollOut(arrangement: Arrangement): Promise<void> {
        people.resume()
        await fleet.rollOut(arrangement, async (restarted, other) => {
          await leave(restarted)
          if (other !== undefined) await leave(other)
          const before = people.visits.length
          await vi.waitUntil(() => people.visits.length >= before + visitsPerRestart, { timeout: 30_000, interval: 20 })
          ahead += seconds * 1000
        })
        // A slow machine would have more and more cookies to replay: each visit may bring one.
        people.pause()
      }

      /** All users come, also those who were away or signed out, with the cookies of their browsers. */
      async function look(): Promise<void> {
        await people.all()
        expect(failures(people)).toEqual([])
        const back = [...ended, ...endedInBrowser].flatMap(({ comeBack }) =>
          fleet.shops.map(async (shop) => comeBack(shop)),
        )
        expect(new Set(await Promise.all(back))).toEqual(new Set(['nobody']))
      }

      /** The same where there is a store: it lists who came, and whom it knows to be out no cookie lets in. */
      async function lookInStore({ replayed = true } = {}): Promise<void> {
        await look()
        expect(await listed(fleet)).toBe(size)
        if (replayed) expect(await unexpected(ended, fleet.shops, () => 'nobody')).toEqual([])
      }

      try {
        await rollOut(ways.cookieThatTakesCopies)
        await look()
        await rollOut(ways.sqliteWithCopy)
        await lookInStore()
        // A user who signed out without a store is out in their browser. A copy of their cookie opens, until all of
        // their sessions are ended.
        expect(endedInBrowser).toHaveLength(7)
        expect(await unexpected(endedInBrowser, fleet.shops, ({ name }) => name)).toEqual([])
        for (const { name } of endedInBrowser) {
          expect(await fleet.shops[0]!.sessions.revokeAll(name)).toEqual({
            ended: 1,
            confirmed: true,
            exceptEnded: false,
          })
        }
        ended.push(...endedInBrowser.splice(0))

        await rollOut(ways.sqliteToRedis)
        await moveAll(ways.sqlite, ways.redis)
        await rollOut(ways.redisWithCopy)
        await lookInStore({ replayed: false })
        await rollOut(ways.redisAlone)
        await lookInStore()
        expect([...(await replayed(people, fleet.shops)).keys()]).toEqual(['themselves'])

        await rollOut(ways.redisWithCopy)
        await lookInStore({ replayed: false })
        await rollOut(ways.redisToSqlite)
        await moveAll(ways.redis, ways.sqlite)
        await rollOut(ways.sqliteWithCopy)
        await lookInStore()
        expect(endedInBrowser).toEqual([])

        // Without a store nothing is known but what the process itself saw: a cookie that one without a store wrote opens, and
        // one that a store had confirmed does not, once that is long ago.
        const byIssuer = ({ name, shop: where }: Left, shop: Shop, cookie: string): string =>
          shop === where ? 'nobody' : fleet.isFromStore(cookie) ? '503' : name
        await rollOut(ways.cookieThatTakesCopies)
        await look()
        ahead += unconfirmedFor * 1000
        expect(await unexpected([...ended, ...endedInBrowser], fleet.shops, byIssuer)).toEqual([])
        await rollOut(ways.cookie)
        await look()
        expect(await unexpected([...ended, ...endedInBrowser], fleet.shops, byIssuer)).toEqual([])
        // A store's own is not known without it, and keeps its cookie for when there is one again.
        expect(new Set((await replayed(people, fleet.shops)).keys())).toEqual(new Set(['themselves', '503']))
        expect(ended.length + endedInBrowser.length).toBe(50)
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
    240_000,
  )
})
