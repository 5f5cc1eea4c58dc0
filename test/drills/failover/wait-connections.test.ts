import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisStore, type RedisClient, type RedisStore } from '../../../src/stores/redis/store.ts'
import type { SessionRecord } from '../../../src/stores/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { created, newRecord, pause, revoked } from '../../support/records.ts'

/** How many commands an end takes: the end, what marks the answer that follows, and WAIT. */
const ofOneEnd = 3

describeRedis('the connections on which replicas are waited for', () => {
  let primary: RedisServer
  let replica: RedisServer
  let proxy: TcpProxy
  beforeAll(async () => {
    primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] })
    proxy = await startTcpProxy(primary.port)
    await until(async () => (await infoOf(replica, 'replication')).includes('master_link_status:up'))
  })
  beforeEach(() => {
    replica.thaw()
    proxy.set({ toServer: 'pass', toClient: 'pass' })
  })
  afterAll(async () => {
    replica.thaw()
    await proxy.stop()
    await replica.stop()
    await primary.stop()
  })

  const infoOf = async (server: RedisServer, section: string): Promise<string> =>
    String(await server.ask('INFO', section))

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await pause(10)
  }

  const untilBlocked = async (count: number): Promise<void> =>
    until(async () => (await infoOf(primary, 'clients')).includes(`blocked_clients:${count}\r`))

  async function createGuests(store: RedisStore, count: number): Promise<SessionRecord[]> {
    const records = Array.from({ length: count }, () => newRecord({ userId: null }))
    for (const record of records) expect(await store.create(record)).toEqual(created)
    return records
  }

  describe.each(['redis', 'ioredis'])('by %s', (by) => {
    let client: any
    beforeAll(async () => {
      if (by === 'redis') client = await createClient({ socket: { host: '127.0.0.1', port: proxy.port } }).connect()
      else client = new Redis(proxy.port)
      client.on('error', () => {})
    })
    afterAll(() => client.disconnect())

    it('wait for one caller until its deadline, even if another caller gives up sooner', async () => {
      const store = redisStore(client, { durability: { replicas: 1, within: 30 } })
      const all = await createGuests(store, 20)
      const hurried = all.splice(0, 10)
      replica.freeze()
      const longEnds = all.map(async (each) => store.end(each, revoked()))
      const late = await Promise.all(
        hurried.map(async (each) => store.end(each, revoked(), Date.now() + 500).catch(() => 'too late')),
      )
      expect(new Set(late)).not.toContain(true)
      replica.thaw()
      expect(new Set(await Promise.all(longEnds))).toEqual(new Set([true]))
      await store.close()
    })

    it('have the answer that comes too late for one taken for no other', async () => {
      const store = redisStore(client, { durability: { replicas: 1, within: 10 } })
      const [first, second] = (await createGuests(store, 2)) as [SessionRecord, SessionRecord]
      replica.freeze()
      const early = store.end(first, revoked(), Date.now() + 1500)
      await untilBlocked(1)
      proxy.set({ toClient: 'hold' })
      replica.thaw()
      await untilBlocked(0)
      expect(await early).toBe('unconfirmed')
      replica.freeze()
      const later = store.end(second, revoked(), Date.now() + 1500)
      proxy.set({ toClient: 'pass' })
      expect(await later).toBe('unconfirmed')
      await store.close()
    })

    it('are used no more once the client gives the answers to other questions', async () => {
      const { crossing, shiftBy } = mismatching(client)
      const store = redisStore(crossing, { durability: { replicas: 1 } })
      const [one, other] = (await createGuests(store, 2)) as [SessionRecord, SessionRecord]
      expect(await store.end(one, revoked())).toBe(true)
      replica.freeze()
      // The end has the answer of the end before, and the wait that of when the replica had acknowledged.
      shiftBy(ofOneEnd)
      await expect(store.end(one, revoked())).rejects.toThrow('the reply to another command')
      shiftBy(0)
      await expect(store.end(one, revoked())).rejects.toThrow('Too few replicas of Redis had the write in time')
      replica.thaw()
      await expect.poll(() => store.end(one, revoked()).catch(() => null)).toBe(false)
      shiftBy(1)
      await expect(store.end(other, revoked())).rejects.toThrow('the reply to another command')
      shiftBy(0)
      // Perhaps the end was done, perhaps its connection was closed before it was sent.
      expect(await store.end(other, revoked())).toBeTypeOf('boolean')
      await store.close()
    })

    it('are not opened once the store is closed, also by what is under way', async () => {
      const connections = async (): Promise<number> =>
        Number(/connected_clients:(\d+)/.exec(await infoOf(primary, 'clients'))![1])
      const ours = 2 // the client's, and the one by which this test asks
      await expect.poll(connections).toBe(ours)
      for (const steps of [0, 1, 2, 4, 8, 16, 32, 64]) {
        const store = redisStore(client, { durability: { replicas: 1, within: 5 } })
        const creating = store.create(newRecord()).catch(() => {})
        for (let step = 0; step < steps; step++) await new Promise((resolve) => setImmediate(resolve))
        await store.close()
        await creating
        await expect(store.create(newRecord())).rejects.toThrow('This Redis store was closed.')
      }
      await expect.poll(connections).toBe(ours)
    })
  })

  it.each([
    ['redis cluster', { evalSha() {}, eval() {}, hGet() {}, nodeClient() {}, masters: [] }],
    ['redis sentinel', { evalSha() {}, eval() {}, hGet() {}, getSentinelNode() {}, duplicate() {} }],
    ['ioredis cluster', { evalsha() {}, eval() {}, hget() {}, nodes: () => [], duplicate() {} }],
    ['ioredis', { evalsha() {}, eval() {}, hget() {} }],
  ])('are asked of no client of %s that lacks what they are made by, and it says which has it', (_, client) => {
    expect(() => redisStore(client as unknown as RedisClient, { durability: { replicas: 1 } })).toThrow(
      expect.objectContaining({
        code: 'ERR_STORE_CLIENT',
        message: expect.stringContaining('Use redis (5 or newer), ioredis (5 or newer) or iovalkey'),
      }),
    )
  })
})

/** A client whose copies give each who asks the answer to an earlier question, so many before. */
function mismatching(client: any): { crossing: RedisClient; shiftBy(count: number): void } {
  let shift = 0
  const crossing = Object.create(client, {
    duplicate: {
      value(options: object) {
        const own = client.duplicate(options)
        const name = 'sendCommand' in own && !('call' in own) ? 'sendCommand' : 'call'
        const send = own[name].bind(own)
        const answers: Promise<unknown>[] = []
        own[name] = async (...command: unknown[]) => {
          answers.push(send(...command))
          answers.at(-1)!.catch(() => {})
          return answers.at(-1 - shift)
        }
        return own
      },
    },
  })
  return { crossing, shiftBy: (count) => (shift = count) }
}
