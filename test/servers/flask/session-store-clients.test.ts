import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdempotencyKeys } from '../../../src/flask/records/idempotency-keys.ts'
import { startCluster, type RedisCluster } from '../../support/servers/cluster.ts'
import {
  describeRedis,
  describeValkey,
  startRedis,
  valkeyServer,
  type RedisServer,
} from '../../support/servers/redis.ts'
import { browser } from '../../support/browser.ts'
import { flaskSessions } from '../../support/flask-session-records.ts'
import { visit } from '../../support/sessions.ts'
import { clients, clusterClients, type Connected } from '../../support/redis-clients.ts'

// Texts that a client could spoil: bytes that are no UTF-8, NUL, text like our own escapes, and long text.
const data = {
  bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  text: '\0%41%é😀\x7f\r\n',
  big: 2n ** 64n - 1n,
  date: new Date(1_700_000_000_123),
  nan: NaN,
  long: 'é%'.repeat(20_000),
}

/** A life, and its servers remember what they are to remember of its calls. */
async function livesOneLife({ client }: Connected, servers: readonly RedisServer[]): Promise<void> {
  for (const server of servers) await server.ask('FLUSHALL')
  const { sessions } = flaskSessions(client)
  const visitor = browser()
  const idle = browser()
  await visit(sessions, visitor, (session) => Object.assign(session.data, data))
  await visit(sessions, visitor, (session) => session.signIn('7'))
  await visit(sessions, visitor, (session) => {
    expect({ ...session.data }).toEqual(data)
    session.data.changed = true
    session.renew()
  })
  idle.put('session', visitor.get('session')!)
  await visit(sessions, visitor, (session) => {
    expect({ ...session.data }).toEqual({ ...data, changed: true })
    expect(session.userId).toBe('7')
    session.signOut()
  })
  expect((await sessions.open(idle.cookie)).outcome).toBe('ended')
  const { sessions: elsewhere } = flaskSessions(client)
  expect((await elsewhere.open(idle.cookie)).outcome).toBe('ended')
  const calls = await Promise.all(servers.map((server) => server.ask('KEYS', '*sojourn:call:*')))
  // Of the renewal.
  expect(calls.flat()).toHaveLength(1)
}

describeRedis('flaskSession', () => {
  let server: RedisServer
  beforeAll(async () => void (server = await startRedis()))
  afterAll(() => server.stop())

  it.each(Object.keys(clients))('lives one life with %s', async (name) => {
    const connected = await clients[name]!(server.port)
    try {
      await livesOneLife(connected, [server])
    } finally {
      await connected.close()
    }
  })

  it('needs no other keys than its own and the records', async () => {
    await server.ask('ACL', 'SETUSER', 'app', 'on', '>password', '~session:*', '~sojourn:*', '+@all')
    const client = new Redis({ port: server.port, username: 'app', password: 'password' })
    try {
      await livesOneLife({ client, close() {} }, [server])
    } finally {
      client.disconnect()
    }
  })

  it('keeps nothing for ever', async () => {
    const keys = (await server.ask('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(4)
    for (const key of keys) expect(Number(await server.ask('PTTL', key))).toBeGreaterThan(0)
  })
})

describeValkey('flaskSession with Valkey', () => {
  it('lives one life', async () => {
    const server = await startRedis({ program: valkeyServer })
    const connected = await clients['iovalkey']!(server.port)
    await livesOneLife(connected, [server])
    await connected.close()
    await server.stop()
  })
})

describeRedis('flaskSession in a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => void (cluster = await startCluster()))
  afterAll(() => cluster.stop())

  describe('each key of which has its place', () => {
    it.each(Object.keys(clusterClients))('lives one life with %s', async (name) => {
      const connected = await clusterClients[name]!(cluster.addresses)
      try {
        await livesOneLife(connected, cluster.nodes)
      } finally {
        await connected.close()
      }
    })
  })

  it.each(['redis', 'ioredis'])('counts while the slot of a session moves, with %s', async (name) => {
    const connected = await clusterClients[name]!(cluster.addresses)
    try {
      const { sessions } = flaskSessions(connected.client)
      const visitor = browser()
      await visit(sessions, visitor, (session) => session.signIn('7'))
      let counted = 0
      const count = async (): Promise<void> => {
        counted++
        await visit(sessions, visitor, (session) => session.update('n', (n: number | undefined) => (n ?? 0) + 1))
      }
      await count()
      await cluster.moveSlotOf(`session:${visitor.get('session')}`, count)
      await count()
      expect((await sessions.open(visitor.cookie)).data['n']).toBe(counted)
    } finally {
      await connected.close()
    }
  })

  it('leaves what it remembers of a call in the slot of the record, whatever keys begin with', async () => {
    const slotOf = (key: string) => cluster.nodes[0]!.ask('CLUSTER', 'KEYSLOT', key)
    for (const ofClient of ['', 'app:', '{app}:', '{app', 'app}:', '{}:']) {
      const callKey = createIdempotencyKeys(ofClient)
      for (const prefix of ['session:', '{s}:', 's}{x}:', '{}:', '}:', '{']) {
        const name = callKey(`${prefix}id`, 'call')
        if (name !== '') expect(await slotOf(name)).toBe(await slotOf(`${ofClient}${prefix}id`))
        // Others may have no such name.
        else expect(`${ofClient} ${prefix}`).not.toMatch(/^(app:|\{app\}:)? (session:|\{s\}:)$/)
      }
    }
    expect(createIdempotencyKeys('')('session:id', 'call')).toMatch(/^sojourn:call:/)
  })
})
