import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { postgresStore, type PostgresClient } from '../../../src/stores/postgres/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { storeSuite, type OpenedStore } from '../../../src/testing/store-suite/store-suite.ts'
import { clientsOf, clusterClientsOf, type Connected } from '../../support/redis-clients.ts'
import { startCluster, type RedisCluster } from '../../support/servers/cluster.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import {
  describeRedis,
  describeValkey,
  startRedis,
  valkeyServer,
  type RedisServer,
} from '../../support/servers/redis.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const sqlite = sqliteFiles()

// The races of sign-ins, limits and revocations, 300 rounds of each. The tests of each store run them with fewer rounds.

const isRace = (name: string): boolean =>
  /concurrent (endAll|creates|sign-ins)|under way at an endAll|opened (before|half a second after) revokeAll|everywhere else/.test(
    name,
  )

let count = 0

function runRaces(open: (name: string) => OpenedStore | Promise<OpenedStore>, rounds = 300): void {
  const races = storeSuite(() => open(`races_${count++}`), { rounds }).filter(([name]) => isRace(name))
  it.each(races)('%s', { timeout: 300_000 }, (_name, check) => check())
}

function runRacesByClient(connect: () => Promise<Connected>): void {
  let one: Connected
  let two: Connected
  beforeAll(async () => {
    ;[one, two] = [await connect(), await connect()]
  })
  afterAll(() => {
    one.close()
    two.close()
  })
  runRaces((prefix) => ({
    store: redisStore(one.client, { prefix }),
    another: () => redisStore(two.client, { prefix }),
    expiresByItself: false,
  }))
}

describe('SQLite, by two connections', () => {
  runRaces(() => {
    const { db, file, store } = sqlite.opened()
    return { store, another: () => sqlite.opened(file).store, close: () => db.close(), expiresByItself: false }
  })
})

describePostgres('Postgres, by two pools', () => {
  let server: PostgresServer
  let pools: [pg.Pool, pg.Pool]
  let sqls: [postgres.Sql, postgres.Sql]
  beforeAll(async () => {
    server = await startPostgres()
    pools = [new pg.Pool({ connectionString: server.url }), new pg.Pool({ connectionString: server.url })]
    sqls = [postgres(server.url), postgres(server.url)]
  })
  afterAll(async () => {
    await Promise.all([...pools, ...sqls].map((each) => each.end()))
    await server.stop()
  })
  async function opened([one, other]: readonly [PostgresClient, PostgresClient], table: string) {
    const store = postgresStore(one, { table })
    await store.createTable()
    return { store, another: () => postgresStore(other, { table }), expiresByItself: false }
  }
  describe('of pg', () => void runRaces((table) => opened(pools, table)))
  // The same functions in the database decide these, so fewer rounds are enough.
  describe('of postgres.js', () => void runRaces((table) => opened(sqls, table), 100))
})

describeValkey('Valkey, by two clients', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ program: valkeyServer })
  })
  afterAll(() => server.stop())
  runRacesByClient(async () => clientsOf(() => server.port)['iovalkey']!())
})

describeRedis('a cluster of Redis, by two clients', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())
  runRacesByClient(async () => clusterClientsOf(() => cluster.addresses)['redis']!())
})
