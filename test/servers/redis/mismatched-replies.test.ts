import { createClient, createCluster } from 'redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { redisStore, type RedisClient, type RedisStore } from '../../../src/stores/redis/store.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { secret } from '../../support/sessions.ts'
import { changeOf, newRecord, revoked } from '../../support/records.ts'

/** A client that gives each who asks the answer that the one before was to have, from when it goes wrong on. */
function crossing(client: any) {
  let last: unknown
  let isCrossed = false
  const methods = ['evalSha', 'evalsha', 'eval', 'hGet', 'hget'].filter((name) => name in client)
  const patched = Object.fromEntries(
    methods.map((name) => [
      name,
      async (...args: unknown[]) => {
        const answer: unknown = await client[name](...args)
        const given = isCrossed ? last : answer
        last = answer
        return given
      },
    ]),
  )
  return {
    client: { ...patched, isOpen: false, status: 'wait' } as unknown as RedisClient,
    goWrong: () => (isCrossed = true),
    goRight: () => (isCrossed = false),
  }
}

describeRedis('a client that mixes up its answers', () => {
  let server: RedisServer
  let all: { name: string; client: any }[]
  beforeAll(async () => {
    server = await startRedis()
    all = [
      { name: 'redis', client: await createClient({ url: server.url }).connect() },
      { name: 'ioredis', client: new Redis(server.port, { keyPrefix: 'app:' }) },
    ]
  })
  afterAll(async () => {
    for (const { client } of all) client.disconnect()
    await server.stop()
  })

  describe.each(['redis', 'ioredis'])('of %s', (name) => {
    function opened() {
      const { client, ...rest } = crossing(all.find((each) => each.name === name)!.client)
      return { store: redisStore(client, { prefix: `${Math.random()}:` }), ...rest }
    }

    it('opens no session as another user’s, and shows, ends and signs out none', async () => {
      const { store, goWrong, goRight } = opened()
      const sessions = createSessions({ store, secrets: [secret('one')], storeTimeout: 5, onEvent() {} })
      const people = ['ada', 'eve', 'joe']
      const visitors = await Promise.all(
        people.map(async (userId) => ({ userId, cookie: await signedInAs(sessions, userId) })),
      )
      const ids = await Promise.all(people.map(async (userId) => (await sessions.list(userId))[0]!.id))
      for (const { cookie } of visitors) await sessions.open(cookie)
      goWrong()
      for (let round = 0; round < 2; round++) {
        for (const { userId, cookie } of visitors) {
          const session = await sessions.open(cookie)
          if (session.outcome !== 'unavailable') expect(session).toMatchObject({ outcome: 'active', userId })
        }
      }
      for (const [at, userId] of people.entries()) {
        const listed = await sessions.list(userId).catch(() => [])
        expect(listed.filter(({ id }) => id !== ids[at])).toEqual([])
      }
      goRight()
      for (const { userId, cookie } of visitors) {
        await expect.poll(async () => (await sessions.open(cookie)).userId, { timeout: 8000 }).toBe(userId)
      }
    })

    it('refuses the record and the ending of another session, and the reply to another command', async () => {
      const { store, goWrong } = opened()
      const [ada, eve, joe] = [newRecord(), newRecord(), newRecord()] as const
      for (const record of [ada, eve, joe]) await store.create(record)
      await store.end(joe, revoked())
      await store.read(ada)
      goWrong()
      const wrong = (answer: Promise<unknown>) => expect(answer).rejects.toThrow('the reply to another command')

      await wrong(store.read(eve))
      await wrong(store.read(joe))
      await wrong(store.read(ada))
      for (const step of [
        () => store.list(ada.userId!),
        () => store.update(eve, eve, changeOf()),
        () => store.create(newRecord()),
        () => store.end(ada, revoked()),
        () => store.endAll(eve.userId!, revoked()),
        () => store.list(eve.userId!),
      ])
        await wrong(step())
    })
  })
})

it('is refused by a cluster that reads at replicas as well', async () => {
  const store: RedisStore = redisStore(
    Object.assign(createCluster({ rootNodes: [], useReplicas: true }), {
      evalSha: async () => ['sojourn:u:another', []],
    }),
  )
  await expect(store.read({ id: 'one', userId: 'ada' })).rejects.toThrow('the reply to another command')
})
