import { afterAll, beforeAll, expect, it } from 'vitest'
import { isEnding } from '../../../src/stores/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { createCrowd, type Crowd } from './crowd.ts'
import { openShop, type Shop } from './shop.ts'
import { openRedisStore, type OpenedStore } from './stores.ts'

describeRedis('while Redis is full', () => {
  let server: RedisServer
  let opened: OpenedStore
  let shop: Shop
  let crowd: Crowd
  beforeAll(async () => {
    server = await startRedis()
    opened = await openRedisStore('redis', server.port)
    // So long that Redis answers in time on a busy machine.
    shop = await openShop(opened.store, { storeTimeout: 2 })
    crowd = createCrowd(shop.port, 60)
    await crowd.arrive()
    await server.ask('CONFIG', 'SET', 'maxmemory', '1mb')
  })
  afterAll(async () => {
    crowd.leave()
    await shop.stop()
    opened.close()
    await server.stop()
  })

  it('failed writes are reported, and readers are served, also after many writes failed at once', async () => {
    const writes = await Promise.all(crowd.visitors.map(async ({ buy }) => buy()))
    const reads = await Promise.all(crowd.visitors.map(async ({ look }) => look('/')))

    expect(writes.map(({ status, retryAfter, cookies }) => [status, retryAfter, cookies])).toEqual(
      writes.map(() => [503, '1', []]),
    )
    expect(reads.map(({ status, page }) => [status, page?.user])).toEqual(reads.map(({ who }) => [200, who]))
  })

  it('a sign-out is one', async () => {
    const [visitor] = crowd.visitors
    const { id } = (await visitor!.look('/')).page!
    const token = visitor!.browser.cookie
    const left = await visitor!.look('/sign-out')

    expect(left.status).toBe(200)
    expect(visitor!.browser.cookie).toBe('')
    expect(shop.events.at(-1)).toMatchObject({ type: 'ended', reason: 'signed-out', confirmed: true })
    const found = await opened.store.read({ id: id!, userId: visitor!.name })
    expect(found === null || isEnding(found)).toBe(true)
    const another = await openShop(opened.store)
    expect((await another.sessions.open(token)).outcome).toBe('ended')
    await another.stop()
  })
})
