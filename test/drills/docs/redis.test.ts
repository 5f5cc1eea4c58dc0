import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { createSessions, SojournError } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readPage } from '../../support/docs/blocks.ts'
import { snippetKind } from '../../support/docs/project.ts'
import { blocksOf, resultOf, tries, works, type Tries } from '../../support/docs/tries.ts'
import { startCluster } from '../../support/servers/cluster.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { secret } from '../../support/sessions.ts'

// Programs that listen are tried by tests of their own.
const blocks = (await blocksOf(/6379/)).filter(({ text }) => snippetKind(text) !== 'server')
const secrets = [secret('docs')]

describeRedis('what the pages have of Redis', () => {
  let server: RedisServer
  let url: string
  let programs: Tries
  const servers: Server[] = []

  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {}) // if no server listens, outages are logged there
    server = await startRedis({ args: ['--appendonly', 'yes'] })
    url = server.url
    programs = await tries(blocks, (program) =>
      program
        .replace('redis://localhost:6379', url)
        .replace(/'localhost', port: 6379/, `'127.0.0.1', port: ${server.port}`),
    )
  })

  afterAll(async () => {
    vi.restoreAllMocks()
    for (const each of servers) each.close()
    await programs.remove()
    await server.stop()
  })

  const isCluster = (text: string): boolean => text.includes('createCluster')

  // If no sessions are listed, the user signs out.
  const expected = (text: string): string =>
    text.includes('new Hono(')
      ? '200'
      : text.includes('flaskSession(')
        ? works.replace('revoked', 'ended')
        : resultOf(text)

  const waits = (text: string): boolean => text.includes('durability:')

  // Listens nowhere by itself; tried below.
  const isExpress = (text: string): boolean => text.includes('express()')

  it.each(blocks.filter(({ text }) => !isCluster(text) && !waits(text) && !isExpress(text)))('$name', async (block) => {
    expect(await programs.run(block)).toBe(expected(block.text))
  })

  it.each(blocks.filter(({ text }) => isCluster(text)))('$name, a cluster', async (block) => {
    const cluster = await startCluster()
    url = cluster.nodes[0]!.url
    try {
      expect(await programs.run(block)).toBe(works)
    } finally {
      url = server.url
      await cluster.stop()
    }
  })

  it.each(blocks.filter(({ text }) => waits(text)))('$name, with a replica', async (block) => {
    const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] })
    url = primary.url
    try {
      await expect.poll(() => primary.ask('WAIT', '1', '100'), { timeout: 10_000 }).toBe(1)
      expect(await programs.run(block)).toBe(works)
    } finally {
      url = server.url
      await replica.stop()
      await primary.stop()
    }
  })

  it('a session has the keys and the words that docs/redis.md names', async () => {
    const { text } = await readPage('docs/redis.md')
    await server.ask('FLUSHALL')
    const store = redisStore(server.url)
    const sessions = createSessions({ secrets, storeTimeout: 5, store })
    await signedInAs(sessions, '42', { data: { cart: ['tea'] }, label: 'Firefox' })
    const guest = await sessions.open(null)
    guest.data['cart'] = ['tea']
    await sessions.commit(guest)
    const { id } = (await sessions.list('42'))[0]!
    const keys = (await server.ask('KEYS', '*')) as string[]
    const alike = keys.map((key) => key.replace(guest.id!, 'ID').replace('42', 'USER'))
    expect(alike.toSorted()).toEqual(codeIn(tableIn(text, '| key | type | content |')).toSorted())

    const read = async (field: string) => String(await server.ask('HGET', 'sojourn:u:42', field))
    const [line, ...data] = (await read(id)).split('\n')
    expect(data).toEqual(['cart', '["tea"]'])
    const names = codeIn(tableIn(text, '| word | meaning |')).filter((word) => word !== 'U')
    // This session is remembered and has a label, but no timeouts of its own and no methods.
    const absent = ['i…', 'a…', 'm…']
    expect(names).toEqual(expect.arrayContaining(absent))
    const present = names.filter((name) => !absent.includes(name))
    const words = line!.split(' ')
    expect(words).toHaveLength(present.length)
    const word = (name: string) => words[present.indexOf(name)]
    expect([word('TAIL'), word('r'), word('+…'), word('VERSION')]).toEqual([id.slice(-6), 'r', '+Firefox', '1'])

    await sessions.revokeAll('42')
    expect((await read(id)).split(' ').slice(4)).toEqual(['revoked', expect.stringMatching(/^\d{13}$/)])
    expect((await read('*')).split(' ').slice(4)).toEqual([expect.any(String), '*', expect.any(String)])
    await store.close()
  })

  it('a full one does what docs/redis.md says', async () => {
    const store = redisStore(server.url)
    const sessions = createSessions({ secrets, storeTimeout: 5, store })
    // Users of this test alone: a test before may have ended all sessions of its user a moment ago.
    const [cookie, other] = [await signedInAs(sessions, 'full-42'), await signedInAs(sessions, 'full-43')]
    await server.ask('CONFIG', 'SET', 'maxmemory', '1mb')
    try {
      const session = await sessions.open(cookie)
      session.data['cart'] = ['tea']
      await expect(sessions.commit(session)).rejects.toThrow(SojournError)
      await expect(signedInAs(sessions, 'full-44')).rejects.toThrow(SojournError)
      expect(await sessions.revokeAll('full-43')).toMatchObject({ ended: 1, confirmed: true })
      expect(await sessions.list('full-43')).toEqual([])
      expect((await sessions.open(other)).outcome).toBe('revoked')
      const leaving = await sessions.open(cookie)
      leaving.signOut()
      await sessions.commit(leaving)
      expect((await createSessions({ secrets, storeTimeout: 5, store }).open(cookie)).outcome).toBe('ended')
    } finally {
      await server.ask('CONFIG', 'SET', 'maxmemory', '0')
      await store.close()
    }
  })

  it.each([
    ['Hono', 'app.onError'],
    ['Express', 'ErrorRequestHandler'],
  ])('while it does not answer, the page of docs/outages.md says so in %s, and no cookie changes', async (_, part) => {
    const [block] = blocks.filter(({ text }) => text.includes(part))
    const Cookie = await signedInAs(createSessions({ secrets, storeTimeout: 5, store: redisStore(url) }), 'ada')
    vi.stubEnv('SECRET_KEY', secrets[0])
    async function asked(address: string): Promise<(headers: Record<string, string>) => Promise<Response>> {
      url = address
      const { href } = pathToFileURL(await programs.place(block!))
      const { app } = await import(/* @vite-ignore */ `${href}?${encodeURIComponent(address)}`)
      url = server.url
      if (typeof app.request === 'function') return async (headers) => app.request('/', { headers })
      const listening = app.listen(0, '127.0.0.1') as Server
      servers.push(listening)
      await once(listening, 'listening')
      return (headers) => fetch(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`, { headers })
    }
    expect(await (await (await asked(server.url))({ Cookie })).text()).toBe('Hello, ada.')

    const away = await asked('redis://127.0.0.1:1')
    vi.unstubAllEnvs()
    const response = await away({ Cookie })
    expect([response.status, response.headers.get('Retry-After'), response.headers.getSetCookie()]).toEqual([
      503,
      '1',
      [],
    ])
    expect(await response.text()).toBe('Back in a moment. You are not signed out.')
    expect(await (await away({})).text()).toBe('Hello, guest.')
  })
})

/** A table of a page, by its head. */
const tableIn = (text: string, head: string): string => text.slice(text.indexOf(head)).split('\n\n', 1)[0] ?? ''

/** The words in code in the first cells of a table's rows. */
const codeIn = (table: string): string[] =>
  table
    .split('\n')
    .flatMap((row) => [...(/^\| (`[^|]*) \|/.exec(row)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word!))
