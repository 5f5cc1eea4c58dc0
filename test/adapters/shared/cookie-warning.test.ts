import { once } from 'node:events'
import { createServer, request as requestOf, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { sojourn as onExpress } from '../../../src/adapters/express.ts'
import { sojourn as onFetch } from '../../../src/adapters/fetch.ts'
import { sojourn as onHono } from '../../../src/adapters/hono.ts'
import { sojourn as onNode } from '../../../src/adapters/node.ts'
import { createSessions, type Sessions } from '../../../src/index.ts'
import { secrets } from '../../support/sessions.ts'

let warnings: MockInstance<typeof console.warn>

beforeEach(() => {
  // As in a new process.
  shownWarnings()?.clear()
  warnings = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => void vi.restoreAllMocks())

const shownWarnings = () => Reflect.get(globalThis, Symbol.for('sojourn.shownWarnings')) as Set<string> | undefined

const said = (): string[] => warnings.mock.calls.map(([text]) => String(text))

type Call = (headers?: Record<string, string>, path?: string) => Promise<unknown>

/** A server that is called over plain http, from its own machine. */
async function served(listener: RequestListener, use: (call: Call) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await use(async (headers = {}, path = '/') => {
      const sent = requestOf({ port, path, headers, agent: false }).end()
      const [response] = await once(sent, 'response')
      response.resume()
      return once(response, 'end')
    })
  } finally {
    server.close()
  }
}

/** Each adapter, with a handler that signs in at `/` and does nothing elsewhere. */
const hosts: Record<string, (sessions: Sessions, use: (call: Call) => Promise<void>) => Promise<void>> = {
  node: (sessions, use) =>
    served(
      onNode(sessions, (request, response) => {
        if (request.url === '/') request.session.signIn('ada')
        response.end()
      }),
      use,
    ),
  express: (sessions, use) => {
    const app = express()
    app.use(onExpress(sessions))
    app.get('/', (request, response) => {
      request.session.signIn('ada')
      response.end()
    })
    app.get('/nothing', (_request, response) => void response.end())
    return served(app, use)
  },
  hono: (sessions, use) => {
    const app = new Hono().use(onHono(sessions))
    app.get('/', (c) => {
      c.var.session.signIn('ada')
      return c.text('')
    })
    app.get('/nothing', (c) => c.text(''))
    return use(async (headers = {}, path = '/') => app.request(`http://example.com${path}`, { headers }))
  },
  fetch: (sessions, use) => {
    const handler = onFetch(sessions, (request, session) => {
      if (request.url.endsWith('.com/')) session.signIn('ada')
      return new Response('')
    })
    return use(async (headers = {}, path = '/') => handler(new Request(`http://example.com${path}`, { headers })))
  },
}

describe.each(Object.keys(hosts))('%s says that a cookie is lost', (name) => {
  const host = hosts[name]!
  const inProduction = () => createSessions({ secrets, cookie: { secure: true } })
  const inDevelopment = () => createSessions({ secrets, cookie: { secure: false } })

  it('over plain http in production, once, and what to do', async () => {
    await host(inProduction(), async (call) => {
      await call()
      await call()
    })

    expect(said()).toEqual([expect.stringMatching(/Secure.*plain http.*https.*secure: false/s)])
  })

  it('over plain http that a proxy reports', async () => {
    await host(inProduction(), async (call) => void (await call({ 'X-Forwarded-Proto': 'http' })))

    expect(said()).toEqual([expect.stringContaining('over plain http')])
  })

  it.each([
    ['X-Forwarded-For', '203.0.113.9'],
    ['Via', '1.1 proxy'],
    ['Forwarded', 'for=203.0.113.9'],
  ])('behind a proxy that sends %s and not the scheme, with the line it needs', async (header, value) => {
    await host(inProduction(), async (call) => void (await call({ [header]: value })))

    expect(said()).toEqual([expect.stringMatching(/proxy.*X-Forwarded-Proto \$scheme/s)])
  })

  it.each([
    ['X-Forwarded-Proto', 'https'],
    ['Forwarded', 'for=203.0.113.9;proto=https'],
  ])('by https in development, as %s reports, naming the option', async (header, value) => {
    await host(inDevelopment(), async (call) => {
      await call({ [header]: value })
      await call({ [header]: value })
    })

    expect(said()).toEqual([expect.stringMatching(/https.*not Secure.*secure: true.*NODE_ENV=production/s)])
  })

  it('never where it is not', async () => {
    await host(inProduction(), async (call) => {
      await call({ 'X-Forwarded-Proto': 'https' })
      await call({ 'X-Forwarded-Proto': 'https, http' })
      await call({}, '/nothing')
    })
    await host(inDevelopment(), async (call) => {
      await call()
      await call({ 'X-Forwarded-For': '203.0.113.9' })
      await call({ 'X-Forwarded-Proto': 'https' }, '/nothing')
    })

    expect(said()).toEqual([])
  })

  it('without the token', async () => {
    await host(inProduction(), async (call) => void (await call()))

    expect(said()[0]).not.toMatch(/session=\S/)
  })
})

it('says it once in a process, although each of six routes has an adapter of its own', async () => {
  for (let route = 0; route < 6; route++) {
    const handler = onFetch(createSessions({ secrets, cookie: { secure: true } }), (_, session) => {
      session.signIn('ada')
      return new Response('')
    })
    await handler(new Request(`http://example.com/${route}`))
  }

  expect(said()).toHaveLength(1)
})

it('says it once, although a bundler made two copies of the library', async () => {
  for (let copies = 0; copies < 2; copies++) {
    vi.resetModules()
    const { warnOnce } = await import('../../../src/core/warn-once.ts')
    warnOnce('a warning')
  }

  expect(said()).toEqual(['a warning'])
})

it('fetch and Hono see https in the address', async () => {
  const sessions = createSessions({ secrets, cookie: { secure: false } })
  const handler = onFetch(sessions, (_, session) => {
    session.signIn('ada')
    return new Response('')
  })
  await handler(new Request('https://example.com/'))
  shownWarnings()?.clear()
  const app = new Hono().use(onHono(sessions)).get('/', (c) => {
    c.var.session.signIn('ada')
    return c.text('')
  })
  await app.request('https://example.com/')

  expect(said()).toEqual([expect.stringContaining('not Secure'), expect.stringContaining('not Secure')])
})

it('Express sees https through a proxy that it trusts', async () => {
  const app = express().set('trust proxy', true)
  app.use(onExpress(createSessions({ secrets, cookie: { secure: false } })))
  app.get('/', (request, response) => {
    request.session.signIn('ada')
    response.end()
  })
  await served(app, async (call) => void (await call({ 'X-Forwarded-Proto': 'https' })))

  expect(said()).toEqual([expect.stringContaining('not Secure')])
})
