import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore, type RedisStore } from '../../../src/stores/redis/store.ts'
import { update } from '../../../src/stores/redis/scripts/update.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { pause } from '../../support/records.ts'
import { signedIn, visit, world } from '../../support/sessions.ts'

describeRedis('a renewal whose replica stops once it has said that it is there', () => {
  let primary: RedisServer
  let replica: RedisServer
  beforeAll(async () => {
    primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] })
    while (!String(await replica.ask('INFO', 'replication')).includes('master_link_status:up')) await pause(25)
  })
  afterAll(async () => {
    replica.thaw()
    await replica.stop()
    await primary.stop()
  })

  let isStopping = false
  let stops = 0
  /** Lets it stop before the new secret is sent. */
  async function passing(command: readonly string[]): Promise<void> {
    if (!isStopping || command[1] !== update.text) return
    stops++
    replica.freeze()
    await pause(50)
  }

  async function clientBy(name: string): Promise<any> {
    if (name === 'redis') {
      const copied = (one: any, options: object) => {
        const copy = one(options)
        const { sendCommand } = copy
        return Object.assign(copy, {
          sendCommand: async (command: string[]) => passing(command).then(() => sendCommand.call(copy, command)),
        })
      }
      const client = createClient({ url: primary.url }).on('error', () => {})
      const { duplicate } = client
      return Object.assign(await client.connect(), {
        duplicate: (options: object) => copied(duplicate.bind(client), options),
      })
    }
    const client = new Redis(primary.port).on('error', () => {})
    const { duplicate } = client
    return Object.assign(client, {
      duplicate(options: object) {
        const copy: any = duplicate.call(client, options)
        const { call } = copy
        return Object.assign(copy, {
          call: async (...command: string[]) => passing(command).then(() => call.apply(copy, command)),
        })
      },
    })
  }

  describe.each(['redis', 'ioredis'])('by %s', (name) => {
    let client: any
    let store: RedisStore
    beforeAll(async () => {
      client = await clientBy(name)
      store = redisStore(client, { durability: { replicas: 1 } })
    })
    afterAll(async () => {
      await store.close()
      client.disconnect()
    })

    it.each([
      ['renew', (session: any) => session.renew()],
      ['sign in again', (session: any) => session.signIn('ada')],
    ] as const)('is answered with 503, and leaves the session as it was, with its cookie: %s', async (_, change) => {
      const visited = world({ store, now: Date.now, storeTimeout: 5 })
      const visitor = await signedIn(visited)
      const { cookie } = visitor
      const { id, signedInAt } = await visited.sessions.open(cookie)
      await pause(20)
      isStopping = true
      stops = 0
      try {
        await expect(visit(visited.sessions, visitor, change)).rejects.toMatchObject({ status: 503 })
      } finally {
        isStopping = false
        replica.thaw()
      }
      expect(stops).toBeGreaterThan(0)
      expect(visitor.cookie).toBe(cookie)
      const session = await world({ store, now: Date.now }).sessions.open(cookie)
      expect([session.outcome, session.id, session.signedInAt]).toEqual(['active', id, signedInAt])
      await expect
        .poll(async () => visit(visited.sessions, visitor, (again) => again.renew()).catch(() => null))
        .not.toBe(null)
      expect(visitor.cookie).not.toBe(cookie)
      expect((await visited.sessions.open(cookie)).outcome).not.toBe('active')
    })
  })
})
