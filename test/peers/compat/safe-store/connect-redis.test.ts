import { RedisStore } from 'connect-redis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ExpressStore } from '../../../../src/compat/shared/express-store.ts'
import { createReplace } from '../../../../src/compat/shared/known-stores.ts'
import { createSafeStore } from '../../../../src/compat/shared/safe-store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../../support/servers/redis.ts'
import { create, end, load, newId, read, save, valuesOf } from './sessions.ts'

const storeOf = (client: any): ExpressStore => new RedisStore({ client, prefix: 'app:' }) as ExpressStore

describeRedis('connect-redis', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  const connect = async () => createClient({ url: server.url }).connect()
  beforeAll(async () => {
    server = await startRedis()
    client = await connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
    const monitor = await connect()
    const commands: string[] = []
    await monitor.monitor((line) => void commands.push(line.replace(/^\S+ \[.*?\] /, '')))
    await work()
    await client.ping()
    await expect.poll(() => commands.at(-1)).toBe('"PING"')
    monitor.destroy()
    return commands.slice(0, -1)
  }

  it('writes a change with one command, which Redis refuses if the session is gone', async () => {
    const store = createSafeStore(storeOf(client))
    const sid = newId()
    await save(store, sid, create(store, { user: 'ada' }))
    const session = await load(store, sid)
    session.seen = 1

    const commands = await commandsOf(() => save(store, sid, session))

    expect(commands).toEqual([
      `"GET" "app:${sid}"`,
      expect.stringMatching(new RegExp(`^"SET" "app:${sid}" ".*" "EX" "3600" "XX"$`)),
    ])
    expect(await valuesOf(store, sid)).toEqual({ user: 'ada', seen: 1 })
  })

  // Between the read of a change and its write.
  it('does not bring a session back that another process ends during a change', async () => {
    const refused: string[] = []
    const [raw, slow] = [storeOf(client), storeOf(client)]
    let afterRead = async (): Promise<void> => {}
    slow.get = async (sid, callback) => {
      const found = await read(raw, sid)
      await afterRead()
      callback(null, found)
    }
    const store = createSafeStore(slow, { marks: false, onRefused: (sid) => refused.push(sid) })
    const other = createSafeStore(raw)
    const sid = newId()
    await save(store, sid, create(store, { user: 'ada' }))
    const session = await load(store, sid)
    session.seen = 1
    afterRead = async () => end(other, sid)

    await save(store, sid, session)

    expect(refused).toEqual([sid])
    expect(await read(raw, sid)).toBeNull()
  })

  it('writes a session that a program has made, unless another process has ended it', async () => {
    const [store, other] = [createSafeStore(storeOf(client)), createSafeStore(storeOf(client))]
    const sid = newId()
    const made = { user: 'ada', cookie: { originalMaxAge: 60_000 } }
    await save(store, sid, made)
    expect(await valuesOf(store, sid)).toEqual({ user: 'ada' })

    await end(other, sid)
    await save(store, sid, { ...made })

    expect(await read(other, sid)).toBeNull()
  })
})

it.each<[string, object]>([
  ['one connection', createClient()],
  ['a pool', createClientPool()],
  ['a cluster', createCluster({ rootNodes: [{}] })],
  ['sentinels', createSentinel({ name: 'one', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] })],
])('a client with %s writes by a condition', (_, client) => {
  expect(createReplace(storeOf(client))).not.toBeNull()
})

it('a store that adapts its client, as former versions of connect-redis do, has no conditional write', () => {
  expect(createReplace(storeOf({ get() {}, set() {}, del() {} }))).toBeNull()
})
