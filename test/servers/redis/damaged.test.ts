import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { request, signedIn, world } from '../../support/sessions.ts'

describeRedis('what is damaged in Redis', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  const connect = () => createClient({ url: server.url }).connect()
  beforeAll(async () => {
    server = await startRedis()
    client = await connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  async function damagedSession(fields: Record<string, string>, removed: string[] = []) {
    const prefix = `${Math.random()}:`
    const visited = world({ store: redisStore(client, { prefix }) })
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { id } = await visited.sessions.open(visitor.cookie)
    const key = `${prefix}session:${id}`
    if (Object.keys(fields).length > 0) await client.hSet(key, fields)
    if (removed.length > 0) await client.hDel(key, removed)
    return { ...visited, visitor, key }
  }

  it.each<[fields: Record<string, string>, removed: string[], outcome: string]>([
    [{ lastSeenAt: 'x' }, [], 'idle'],
    [{}, ['lastSeenAt'], 'idle'],
    [{ version: 'x' }, [], 'idle'],
    [{ signedInAt: 'x', createdAt: 'x' }, [], 'expired'],
    [{}, ['secretHash'], 'ended'],
    [{ ended: 'x' }, [], 'ended'],
    [{ expiresAt: 'x' }, [], 'active'],
    [{ 'd:cart': '{broken' }, [], 'unreadable'],
  ])('never opens without a limit, and is no outage: %o without %o', async (fields, removed, outcome) => {
    const { sessions, visitor, events } = await damagedSession(fields, removed)

    for (let times = 0; times < 6; times++) expect((await sessions.open(visitor.cookie)).outcome).toBe(outcome)
    expect(events.filter(({ type }) => type === 'store-down')).toEqual([])
    expect(await sessions.revokeAll('ada')).toMatchObject({ confirmed: true })
  })

  it('drops a damaged message, once', async () => {
    const { sessions, visitor, key } = await damagedSession({ 'd:flash.damaged': '{broken' })

    await request(sessions, visitor.cookie, (session) => expect(session.takeFlashes()).toEqual([]))
    expect(await client.hExists(key, 'd:flash.damaged')).toBe(0)
  })
})
