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
  untilListening,
  watchedOn,
  tries,
} from '../../support/watching.ts'
import { subscribers } from '../../support/redis-primaries.ts'
import { clients, clusterClients, families, pick, type Connected } from '../../support/redis-clients.ts'

/** Ends and renews sessions at one server, and gives how long another that watches them takes to learn of it, at most. */
async function longestDelay(one: Connected, two: Connected, prefix: string): Promise<number> {
  const there = serverOn(redisStore(two.client, { prefix }))
  const here = serverOn(redisStore(one.client, { prefix }))
  // Several, because in a cluster they are on several servers.
  const watched = await Promise.all([1, 2, 3, 4, 5].map(() => watchedOn(here)))
  const renewing = await Promise.all([1, 2, 3].map(() => watchedOn(here)))
  const another = await watchedOn(here)
  await untilListening()
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
  describeServer(`a session that ends at another server, on ${name}`, tries, () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedis({ program })
    })
    afterAll(() => server.stop())

    it.concurrent.each(Object.entries(pick(clients, names)))(
      'notifies its watchers, by %s',
      async (client, connect) => {
        const [one, two] = [await connect(server.port), await connect(server.port)]
        expect('watch' in redisStore(one.client)).toBe(!client.startsWith('valkey-glide'))
        expect(await longestDelay(one, two, `${client}:`)).toBeLessThan(limitOf(client))
        // The connection closes when no session is watched any more.
        await untilListening()
        one.close()
        two.close()
      },
    )

    it('leaves no connection open', async () => {
      expect(await subscribers([server])).toBe(0)
    })
  })
}

describeRedis('a session that ends at another server, on a cluster', tries, () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  it.concurrent.each(Object.entries(pick(clusterClients, families)))(
    'notifies its watchers, by %s',
    async (client, connect) => {
      const [one, two] = [await connect(cluster.addresses), await connect(cluster.addresses)]
      expect(await longestDelay(one, two, `${client}:`)).toBeLessThan(limitOf(client))
      await untilListening()
      one.close()
      two.close()
    },
  )

  it('leaves no connection open', async () => {
    expect(await subscribers(cluster.nodes)).toBe(0)
  })
})
