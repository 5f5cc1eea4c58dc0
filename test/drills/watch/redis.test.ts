import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { startCluster, type RedisCluster } from '../../support/servers/cluster.ts'
import {
  describeRedis,
  describeValkey,
  startRedis,
  valkeyServer,
  type RedisServer,
} from '../../support/servers/redis.ts'
import {
  atOnce,
  inTime,
  lateness,
  latenessAfter,
  renewBy,
  serverOn,
  settled,
  watchedOn,
} from '../../support/watching.ts'
import { clients, clusterClients, families, pick, type Connected } from '../../support/redis-clients.ts'

/** What subscribes at some servers. */
async function subscribers(servers: readonly RedisServer[]): Promise<number> {
  const infos = await Promise.all(servers.map(async (server) => String(await server.ask('INFO', 'clients'))))
  return infos.map((info) => Number(/^pubsub_clients:(\d+)/m.exec(info)![1])).reduce((sum, count) => sum + count)
}

/** Ends and renews by one server what others watch, and gives how long they take to know; the longest of several. */
async function knowing(one: Connected, two: Connected, prefix: string): Promise<number> {
  const there = serverOn(redisStore(two.client, { prefix }))
  const here = serverOn(redisStore(one.client, { prefix }))
  // Several, which are at several servers of a cluster.
  const watched = await Promise.all([1, 2, 3, 4, 5].map(() => watchedOn(here)))
  const renewing = await Promise.all([1, 2, 3].map(() => watchedOn(here)))
  const another = await watchedOn(here)
  await settled()
  await Promise.all(watched.map(({ userId, session }) => there.revoke(userId, session.id!)))
  const ended = await Promise.all(watched.map(lateness))
  expect(new Set(watched.map(({ signal }) => signal.reason))).toEqual(new Set(['revoked']))
  expect(another.signal.aborted).toBe(false)
  const renewed = await Promise.all(
    renewing.map(async (each) => latenessAfter(each.signal, () => renewBy(there, each))),
  )
  expect(new Set(renewing.map(({ signal }) => signal.reason))).toEqual(new Set(['renewed']))
  expect(another.signal.aborted).toBe(false)
  for (const { leave } of [...watched, another]) leave()
  return Math.max(...ended, ...renewed)
}

const limitOf = (client: string) => (client.startsWith('valkey-glide') ? inTime : atOnce)

// `drills/clients` checks `subscribe` by the other clients.
for (const [name, describeServer, program, names] of [
  ['Redis', describeRedis, undefined, families],
  ['Valkey', describeValkey, valkeyServer, ['iovalkey']],
] as const) {
  describeServer(`the end of a session that another server watches, on ${name}`, () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedis({ program })
    })
    afterAll(() => server.stop())

    it.concurrent.each(Object.entries(pick(clients, names)))('is known there, by %s', async (client, connect) => {
      const [one, two] = [await connect(server.port), await connect(server.port)]
      expect('watch' in redisStore(one.client)).toBe(!client.startsWith('valkey-glide'))
      expect(await knowing(one, two, `${client}:`)).toBeLessThan(limitOf(client))
      // With the last that is watched goes the connection.
      await settled()
      one.close()
      two.close()
    })

    it('leaves no connection behind', async () => {
      expect(await subscribers([server])).toBe(0)
    })
  })
}

describeRedis('the end of a session that another server watches, on a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  it.concurrent.each(Object.entries(pick(clusterClients, families)))(
    'is known there, by %s',
    async (client, connect) => {
      const [one, two] = [await connect(cluster.addresses), await connect(cluster.addresses)]
      expect(await knowing(one, two, `${client}:`)).toBeLessThan(limitOf(client))
      await settled()
      one.close()
      two.close()
    },
  )

  it('leaves no connection behind', async () => {
    expect(await subscribers(cluster.nodes)).toBe(0)
  })
})
