import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { request, signedIn, world } from '../../support/sessions.ts'

const names = ['KEEP', 'STAMP', 'TAIL', 'LEFT', 'CREATED', 'HASH', 'SIGNED-IN', 'VERSION', 'SEEN'] as const

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

  /** A session of Ada, and the function that changes its value in Redis. */
  async function sessionOf(damage: (value: string) => string) {
    const prefix = `${Math.random()}:`
    const visited = world({ store: redisStore(client, { prefix }) })
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { id } = await visited.sessions.open(visitor.cookie)
    const read = async () => (await client.hGet(`${prefix}u:ada`, id!))!
    await client.hSet(`${prefix}u:ada`, id!, damage(await read()))
    return { ...visited, visitor, read }
  }

  /** Replaces the words of the first line, by their names in `packed-entry.ts`. */
  const withWords = (changed: Partial<Record<(typeof names)[number], string>>) => (value: string) => {
    const [line, ...data] = value.split('\n')
    const words = line!.split(' ')
    const extras = words.splice(7, words.length - names.length)
    const replaced = words.map((word, at) => changed[names[at]!] ?? word)
    return [replaced.toSpliced(7, 0, ...extras).join(' '), ...data].join('\n')
  }

  it.each<[name: string, damage: (value: string) => string, outcome: string]>([
    ['the last use', withWords({ SEEN: 'x' }), 'idle'],
    ['the end of the line', (value) => value.replace(/ \d+ \d+\n/, '\n'), 'idle'],
    ['the version', withWords({ VERSION: 'x' }), 'idle'],
    ['the beginning', withWords({ CREATED: 'x', 'SIGNED-IN': 'x' }), 'idle'],
    ['the hash', withWords({ HASH: '' }), 'ended'],
    ['all but the beginning', (value) => value.split(' ').slice(0, 4).join(' '), 'ended'],
    ['when it expires', withWords({ LEFT: 'x' }), 'active'],
    ['how its user signed in', (value) => value.replace(/ \d+ \d+\n/, ' m{$&'), 'active'],
    ['how long it is kept', withWords({ KEEP: 'x' }), 'active'],
    ['its data', (value) => value.replace('["tea"]', '{broken'), 'unreadable'],
  ])('never opens without a limit, and is no outage: %s', async (_name, damage, outcome) => {
    const { sessions, visitor, events } = await sessionOf(damage)

    for (let times = 0; times < 6; times++) expect((await sessions.open(visitor.cookie)).outcome).toBe(outcome)
    expect(events.filter(({ type }) => type === 'store-down')).toEqual([])
    expect(await sessions.revokeAll('ada')).toMatchObject({ confirmed: true })
  })

  it('drops a damaged message, once', async () => {
    const { sessions, visitor, read } = await sessionOf((value) => `${value}\nflash.damaged\n{broken`)

    await request(sessions, visitor.cookie, (session) => expect(session.takeFlashes()).toEqual([]))
    expect(await read()).not.toContain('flash.damaged')
  })
})
