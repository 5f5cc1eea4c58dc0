import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { createSessions, type Session } from 'sojourn'
import { move } from 'sojourn/move'
import { redisStore } from 'sojourn/redis'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readPage } from '../../support/docs/blocks.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { secret } from '../../support/sessions.ts'

const { text } = await readPage('docs/scale.md')

/** The cells of the rows below a table's head. */
function rowsOf(head: string): string[][] {
  const [table = ''] = text.slice(text.indexOf(`${head}\n`)).split('\n\n', 1)
  const [, , ...rows] = table.split('\n')
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  )
}

function numberIn(cell: string): number {
  const value = Number(cell.replaceAll(',', '').replace(/ %$/, ''))
  return cell.endsWith('%') ? value / 100 : value
}

const numbers = Object.fromEntries(
  ['| symbol | measured | meaning |', '| symbol | assumed | meaning |']
    .flatMap(rowsOf)
    .map(([name = '', value = '']) => [name.replaceAll('`', ''), numberIn(value)]),
)

const n = (name: string): number => {
  const value = numbers[name]
  if (value === undefined || Number.isNaN(value)) throw new Error(`docs/scale.md has no number ${name}`)
  return value
}

const giga = 1e9
const mega = 1e6

/** As the page writes numbers: two digits, and whole numbers from ten on. */
const shown = (value: number): string =>
  value < 0.001 ? '0' : value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)))

/** A share of reads that memory answers. */
const hits = (processes: number): number => (1 - n('c')) / (1 + (processes - 1) * n('c'))

/** GB that a node copies while it writes its file, with so many GB of sessions in it of so many in all. */
const copied = (node: number, all: number, writes: number, kilobytes: number): number =>
  (((node * giga) / (n('z') * mega)) * ((writes * node) / all) * kilobytes * 1000) / giga

function columnOf(people: number): string[] {
  const sessions = people * n('s')
  const requests = (people * n('a')) / n('i')
  const signIns = (n('f') * sessions) / (n('d') * 86_400)
  const processes = Math.max(2, Math.ceil(requests / n('p')))
  const memories = ['b', 'B', 'V'].map((bytes) => (sessions * (n(bytes) + n('e') * n('E'))) / giga)
  const [small = 0, large = 0] = memories
  const others = n('k') * n('c') * requests + signIns * n('w')
  const byCommands = Math.ceil((requests + others) / (n('u') * n('K')))
  const byMemory = memories.map((memory) => Math.ceil(memory / n('m')))
  const copies = [small, large].map((memory, at) => {
    const nodes = Math.max(byCommands, byMemory[at]!)
    return shown(copied(memory / nodes, memory, requests * n('c'), n(at === 0 ? 'y' : 'Y')))
  })
  const isCluster = byCommands > 1
  return [
    shown(sessions),
    shown(requests),
    shown(signIns),
    shown(processes),
    ...memories.map(shown),
    shown(requests + others),
    isCluster ? '–' : shown(requests * (1 - hits(processes)) + others + processes),
    ...[byCommands, ...byMemory].map(shown),
    ...copies,
    shown((requests * n('q')) / mega),
    shown((requests * n('o')) / mega),
    shown((requests * n('O')) / mega),
    shown((sessions * n('t')) / giga),
    `${shown((requests * (n('x') + n('c') * n('X'))) / 10_000)} %`,
  ]
}

const costHead = text.split('\n').find((line) => line.startsWith('| request | commands |'))!

describe('docs/scale.md', () => {
  const head = '| quantity | formula | 10,000 | 1,000,000 | 100,000,000 |'

  it.each([
    [10_000, 2],
    [1_000_000, 3],
    [100_000_000, 4],
  ])('comes to what its numbers and formulas make, for %i people', (people, column) => {
    expect(rowsOf(head).map((row) => row[column])).toEqual(columnOf(people))
  })

  it('says in words what its numbers make', () => {
    const [, read, change, , signIn] = rowsOf(costHead).map(([, , cpu = '']) => numberIn(cpu))
    expect([(change! - read!) / read!, signIn! / read!].map(shown)).toEqual([shown(n('k')), shown(n('w'))])
    expect([hits(1), hits(10)].map((share) => `${shown(share * 100)} %`)).toEqual(['90 %', '47 %'])
    expect(text).toContain('It is 90 % for one process and 47 % for ten')
    const large = (200_000_000 * (n('B') + n('e') * n('E'))) / giga
    const room = (node: number): number => 32 - node - copied(node, large, 50_000, n('Y'))
    expect([room(n('m')) > 0, room(18) > 0]).toEqual([false, true])
    expect(text).toContain(`18 GB a node, where it fits, which is ${Math.ceil(large / 18)} primaries`)
    expect(text).toContain(`(${Math.round(1e6 / read! / 1000)},000 by the CPU above`)
    const reads = (n('a') / n('i')) * (1 + n('k') * n('c')) + (n('f') * n('s') * n('w')) / (n('d') * 86_400)
    const most = [(n('u') * n('K')) / reads, (18 / large) * 100_000_000]
    const [byCommands = '', byMemory = ''] = most.map((people) => Number(people.toPrecision(2)).toLocaleString('en'))
    expect(text).toContain(`by these numbers ${byCommands} people`)
    expect(text).toContain(`with 1 KB of data ${byMemory}, for 18 GB of its memory`)
    const [, primaries] = /cluster of some (\d+) primaries/.exec(text) ?? []
    expect(primaries).toBe(columnOf(100_000_000)[9])
  })
})

describeRedis('what docs/scale.md has measured', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedis({ args: ['--appendonly', 'yes'] })
  })

  afterAll(() => server.stop())

  it('is what requests ask of Redis', async () => {
    const client = createClient({ url: server.url })
    await client.connect()
    // At the client, because the server also counts the commands of scripts.
    const calls = { hget: vi.spyOn(client, 'hGet'), evalsha: vi.spyOn(client, 'evalSha') }
    const store = redisStore(client)
    let now = Date.now()
    const sessions = createSessions({ secrets: [secret('scale')], storeTimeout: 5, store, now: () => now })
    const request = async (cookie: string | null, what: (session: Session) => unknown): Promise<void> => {
      const session = await sessions.open(cookie)
      what(session)
      await sessions.commit(session)
    }
    const later = (cookie: string): Promise<void> => {
      now += 3_700_000
      return request(cookie, () => {})
    }
    const requests: ((cookie: string, user: string) => Promise<unknown>)[] = [
      () => request(null, ({ data }) => data['visits']),
      (cookie) => request(cookie, ({ data }) => data['visits']),
      (cookie) => request(cookie, (session) => (session.data['visits'] = 2)),
      later,
      () => request(null, (session) => session.signIn('7')),
      (cookie) => request(cookie, (session) => session.signOut()),
      (_, user) => sessions.list(user),
    ]
    const rows = rowsOf(costHead)
    expect(rows).toHaveLength(requests.length)
    for (const [at, each] of requests.entries()) {
      const user = `user-${at}`
      const cookie = await signedInAs(sessions, user, { data: { visits: 1 } })
      vi.clearAllMocks()
      await each(cookie, user)
      const [what, commands] = rows[at]!
      const counts = { hget: calls.hget.mock.calls.length, evalsha: calls.evalsha.mock.calls.length }
      expect([what, commandsIn(counts)]).toEqual([what, commands])
    }
    await client.close()
  })

  it('is what a move asks of two Redis, for each session', async () => {
    const other = await startRedis()
    const [from, to] = [redisStore(server.url, { prefix: 'move:' }), redisStore(other.url)]
    const count = 200
    try {
      // The first time, the servers do not have the scripts yet.
      for (const part of ['first', 'second']) {
        const sessions = createSessions({ secrets: [secret('scale')], storeTimeout: 5, store: from })
        for (let at = 0; at < count; at++) await signedInAs(sessions, `${part}-${at}`)
        await move(from, to, { decide: false })
        await other.ask('FLUSHDB')
      }
      for (const each of [server, other]) await each.ask('CONFIG', 'RESETSTAT')
      expect(await move(from, to, { decide: false })).toMatchObject({ moved: 2 * count })
      const [atOld, atNew] = await Promise.all([server, other].map(async (each) => each.calls()))
      const each = (calls: number | undefined): number => Math.round((calls ?? 0) / (2 * count))
      const commands = [atOld, atNew].map((calls) =>
        commandsIn({ evalsha: each(calls!['evalsha']), hget: each(calls!['hget']) }),
      )
      expect(text).toContain(`for each session ${commands[0]} at the old Redis, and ${commands[1]} at the new one`)
      const [, rate = '', hours] = /it moved (\S+) a second, and at that 200,000,000 take (\d+) hours/.exec(text) ?? []
      expect(String(Math.round(200_000_000 / numberIn(rate) / 3600))).toBe(hours)
    } finally {
      for (const store of [from, to]) await store.close()
      await other.stop()
    }
  })

  it.each([
    ['b', { cart: ['17', '23', '42'], theme: 'dark', visits: 12 }],
    ['B', { text: 'x'.repeat(1000) }],
  ])('is what a session takes of its memory: %s', async (name, data) => {
    await server.ask('FLUSHALL')
    const store = redisStore(server.url)
    const sessions = createSessions({ secrets: [secret('scale')], store, storeTimeout: 10 })
    await signedInAs(sessions, 'first')
    // The least of some readings, because what is still on its way to a client takes memory, too.
    const used = async (): Promise<number> => {
      let least = Infinity
      for (let times = 0; times < 10; times++) {
        const text = String(await server.ask('INFO', 'memory'))
        least = Math.min(least, Number(/used_memory:(\d+)/.exec(text)?.[1]))
        await pause(20)
      }
      return least
    }
    const before = await used()
    const [rounds, each] = [5, 100]
    for (let round = 0; round < rounds; round++) {
      const users = Array.from({ length: each }, (_, at) => `${100_000 + round * each + at}`)
      await Promise.all(users.map((user) => signedInAs(sessions, user, { data, label: 'Firefox on Linux' })))
    }
    const bytes = ((await used()) - before) / (rounds * each)
    expect(bytes / n(name)).toBeGreaterThan(0.7)
    expect(bytes / n(name)).toBeLessThan(1.3)
    await store.close()
  })
})

/** As the page writes them: `1 HGET + 2 scripts`. */
function commandsIn({ hget = 0, evalsha = 0 }: Record<string, number>): string {
  const reads = hget === 0 ? [] : [`${hget} HGET`]
  const scripts = evalsha === 0 ? [] : [`${evalsha} script${evalsha === 1 ? '' : 's'}`]
  return [...reads, ...scripts].join(' + ') || 'no command'
}
