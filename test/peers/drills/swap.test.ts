import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from 'redis'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { forEachOf, homeOf, startServer, visit } from './server.ts'

const visitors = 100
const guests = 20
const atOnce = 10

describeRedis('two servers with express-session, replaced one after the other', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  it('sign out none of 100 users, and guests keep their baskets', { timeout: 240_000 }, async () => {
    const servers = [await startServer('express-session', redis.url), await startServer('express-session', redis.url)]
    const cookies = new Map<string, string>()
    await forEachOf(
      Array.from({ length: visitors }, (_, index) => `user-${index}`),
      atOnce,
      async (name) => {
        const { cookie } = await visit(servers[0]!, `/sign-in/${name}`)
        await visit(servers[1]!, '/basket/pen', cookie)
        cookies.set(name, cookie!)
      },
    )
    const guestCookies: string[] = []
    await forEachOf(Array.from({ length: guests }), atOnce, async () => {
      guestCookies.push((await visit(servers[0]!, '/basket/ink')).cookie!)
    })

    /** Visits all servers as everyone does. Returns who is signed out, or lost their basket. */
    async function findLosses(): Promise<unknown[]> {
      const losses: unknown[] = []
      await forEachOf([...cookies], atOnce, async ([name, cookie]) => {
        // Both at the same moment, as the requests of one page are.
        for (const home of await Promise.all(servers.map((server) => homeOf(server, cookie)))) {
          if (home.userId !== name || home.basket[0] !== 'pen') losses.push([name, home])
        }
      })
      await forEachOf(guestCookies, atOnce, async (cookie) => {
        for (const home of await Promise.all(servers.map((server) => homeOf(server, cookie)))) {
          if (home.userId !== null || home.basket[0] !== 'ink') losses.push(['a guest', home])
        }
      })
      return losses
    }

    expect(await findLosses()).toEqual([])
    for (const index of [0, 1]) {
      const { port, stop } = servers[index]!
      await stop()
      servers[index] = await startServer('the drop-in on redisStore', redis.url, { port })
      expect(await findLosses()).toEqual([])
    }

    const signedOut = [...cookies].slice(0, 30)
    const client = await createClient({ url: redis.url }).connect()
    // A server of before the swap may have written its record again.
    const former = new Map<string, string>()
    for await (const keys of client.scanIterator({ MATCH: 'sess:*' }))
      for (const key of keys) former.set(key, (await client.get(key))!)
    await forEachOf(signedOut, atOnce, async ([, cookie]) => void (await visit(servers[0]!, '/sign-out', cookie)))
    for (const [key, text] of former) await client.set(key, text)
    client.destroy()
    const open: string[] = []
    await forEachOf(signedOut, atOnce, async ([name, cookie]) => {
      for (const server of servers) if ((await homeOf(server, cookie)).userId !== null) open.push(name)
    })
    expect(open).toEqual([])

    for (const [name] of signedOut) cookies.delete(name)
    expect(await findLosses()).toEqual([])
    await Promise.all(servers.map((server) => server.stop()))
  })
})
