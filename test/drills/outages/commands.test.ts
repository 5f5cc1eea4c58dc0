import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { secret, secure } from '../../support/sessions.ts'
import { createCrowd, type Crowd } from './crowd.ts'
import { openShop, type Shop } from './shop.ts'
import { openRedisStore, type OpenedStore } from './stores.ts'

const size = 200

describeRedis('the commands that Redis receives', () => {
  let server: RedisServer
  let opened: OpenedStore
  let shop: Shop
  let crowd: Crowd
  beforeAll(async () => {
    server = await startRedis()
    opened = await openRedisStore('redis', server.port)
    shop = await openShop(opened.store, { unconfirmedFor: 600, storeTimeout: 2 })
    crowd = createCrowd(shop.port, size)
  })
  beforeEach(async () => {
    // Redis is asked once for the server's settings.
    await pause(200)
    await server.ask('CONFIG', 'RESETSTAT')
  })
  afterAll(async () => {
    crowd.leave()
    await shop.stop()
    await opened.close()
    await server.stop()
  })

  it('is nothing, for 10,000 visits of people and robots who are not signed in', async () => {
    const { sessions } = shop
    const foreign = createSessions({ secrets: [secret('another')], cookie: secure })
    const session = await foreign.open(null)
    session.signIn('eve')
    const forged = (await foreign.commit(session)).getSetCookie()[0]!.split(';')[0]!
    const cookies = ['', '__Host-Http-session=x', `__Host-Http-session=${'A'.repeat(300)}`, forged, `${forged}X`]
    const strangers = crowd.visitors.slice(0, 50)
    for (const [at, { browser }] of strangers.entries()) {
      const [name = '', value = ''] = cookies[at % cookies.length]!.split(/=(.*)/s)
      if (name !== '') browser.put(name, value)
    }
    for (let times = 0; times < 40; times++) {
      const visits = await Promise.all(strangers.map(async ({ look }) => look(times % 4 === 0 ? '/public' : '/')))
      for (const { status, page, path } of visits) {
        expect([status, page?.user]).toEqual([200, path === '/public' ? undefined : null])
      }
    }
    for (let times = 0; times < 8000; times++) {
      const each = await sessions.open(cookies[times % cookies.length])
      expect(each.userId).toBeNull()
      expect((await sessions.commit(each)).getSetCookie()).toEqual([])
    }

    expect(await server.calls()).toEqual({})
    expect(await server.ask('DBSIZE')).toBe(0)
  })

  it('when 200 come at once after an outage is one write each for what they changed meanwhile, and nothing twice', async () => {
    await crowd.arrive()
    server.freeze()
    for (const { buy } of crowd.visitors.slice(0, size / 2)) await buy()
    await pause(1000)
    server.thaw()
    // The first visitor finds that it is back.
    for (let times = 0; times < 60; times++) {
      if ((await crowd.visitors[0]!.visit('/')).page!.confirmed) break
      await pause(50)
    }
    await pause(200)
    await server.ask('CONFIG', 'RESETSTAT')
    await Promise.all(crowd.visitors.map(async ({ visit }) => visit('/')))
    const first = withoutHeartbeats(await server.calls())
    expect(first['evalsha']).toBe(size / 2 - 1)
    expect(first['hget']).toBeLessThanOrEqual(2 * size)

    await server.ask('CONFIG', 'RESETSTAT')
    await Promise.all(crowd.visitors.map(async ({ visit }) => visit('/')))
    expect(withoutHeartbeats(await server.calls())).toEqual({ hget: size })
    expect(await crowd.wrongs()).toEqual([])
  })
})

/** Leaves out the heartbeats by which the process knows that it hears of all endings: a script each, which publishes. */
function withoutHeartbeats({ publish = 0, evalsha = 0, ...others }: Record<string, number>): Record<string, number> {
  return { ...others, ...(evalsha > publish && { evalsha: evalsha - publish }) }
}
