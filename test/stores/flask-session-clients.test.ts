import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCluster, type RedisCluster } from '../setup/cluster.ts'
import { describeRedis, describeValkey, startRedis, valkeyServer, type RedisServer } from '../setup/redis.ts'
import { browser } from '../support/browser.ts'
import { flaskSessions } from '../support/flask-session.ts'
import { visit } from '../support/sessions.ts'
import { clients, clusterClients, type Connected } from './redis/clients.ts'

// What a client could spoil: bytes that are no UTF-8, NUL, what looks like our own spelling of them, and length.
const data = {
  bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  text: '\0%41%é😀\x7f\r\n',
  big: 2n ** 64n - 1n,
  date: new Date(1_700_000_000_123),
  nan: NaN,
  long: 'é%'.repeat(20_000),
}

async function livesOneLife({ client }: Connected): Promise<void> {
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
}

describeRedis('flaskSession', () => {
  let server: RedisServer
  beforeAll(async () => void (server = await startRedis()))
  afterAll(() => server.stop())

  it.each(Object.keys(clients))('lives one life with %s', async (name) => {
    const connected = await clients[name]!(server.port)
    try {
      await livesOneLife(connected)
    } finally {
      await connected.close()
    }
  })

  it('keeps nothing for ever', async () => {
    const keys = (await server.ask('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(20)
    for (const key of keys) expect(Number(await server.ask('PTTL', key))).toBeGreaterThan(0)
  })
})

describeValkey('flaskSession with Valkey', () => {
  it('lives one life', async () => {
    const server = await startRedis({ program: valkeyServer })
    const connected = await clients['iovalkey']!(server.port)
    await livesOneLife(connected)
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
        await livesOneLife(connected)
      } finally {
        await connected.close()
      }
    })
  })
})
