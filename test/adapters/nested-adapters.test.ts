import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { sojourn as onExpress } from '../../src/adapters/express.ts'
import { sojourn as onFetch } from '../../src/adapters/fetch.ts'
import { sojourn as onHono } from '../../src/adapters/hono.ts'
import { sojourn as onNode } from '../../src/adapters/node.ts'
import type { Session, Sessions } from '../../src/index.ts'
import { hour } from '../support/clock.ts'
import { flask } from '../support/flask-sessions.ts'
import { signedIn, world } from '../support/sessions.ts'
import { uncaught } from '../suites/adapters/serving.ts'

type Answer = (path: string, session: Session) => string

const answer: Answer = (path, session) => {
  if (path === '/out') session.signOut()
  if (path === '/set') session.data['n'] = (session.data['n'] ?? 0) + 1
  return JSON.stringify([session.userId, session.data['n'] ?? null])
}

type Ask = (path: string, cookie: string) => Promise<Response>

async function served(listener: RequestListener, use: (ask: Ask) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await use(async (path, Cookie) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { Cookie } }))
  } finally {
    server.close()
  }
}

/** An application on one adapter, behind another adapter that has the same sessions. */
const nestings: Record<string, (sessions: Sessions, use: (ask: Ask) => Promise<void>) => Promise<void>> = {
  'Express behind plain Node': async (sessions, use) => {
    const app = express()
    app.use(onExpress(sessions))
    app.use((request, response) => void response.end(answer(request.path, request.session)))
    return served(onNode(sessions, app), use)
  },
  'plain Node behind Express': async (sessions, use) => {
    const app = express()
    app.use(onExpress(sessions))
    app.use(onNode(sessions, (request, response) => response.end(answer(request.url!, request.session))))
    return served(app, use)
  },
  'Hono behind fetch': async (sessions, use) => {
    const app = new Hono().use(onHono(sessions)).all('*', (c) => c.text(answer(c.req.path, c.var.session)))
    const handler = onFetch(sessions, (request) => app.fetch(request))
    return use(async (path, Cookie) => handler(new Request(`http://example.com${path}`, { headers: { Cookie } })))
  },
  'fetch behind fetch': async (sessions, use) => {
    const inner = onFetch(sessions, (request, session) => new Response(answer(new URL(request.url).pathname, session)))
    const handler = onFetch(sessions, (request) => inner(request))
    return use(async (path, Cookie) => handler(new Request(`http://example.com${path}`, { headers: { Cookie } })))
  },
}

/** The same, with code between the two adapters that replaces the session. */
const replacings: typeof nestings = {
  'plain Node behind Express': async (sessions, use) => {
    const app = express()
    app.use(onExpress(sessions))
    app.use((request, _response, next) => {
      Object.assign(request, { session: { foreign: true } })
      next()
    })
    app.use(onNode(sessions, (request, response) => response.end(answer(request.url!, request.session))))
    return served(app, use)
  },
  'Express behind Express': async (sessions, use) => {
    const app = express()
    app.use(onExpress(sessions))
    app.use((request, _response, next) => {
      Object.assign(request, { session: undefined })
      next()
    })
    app.use(onExpress(sessions))
    app.use((request, response) => void response.end(answer(request.path, request.session)))
    return served(app, use)
  },
  'Hono behind Hono': async (sessions, use) => {
    const app = new Hono()
    app.use(onHono(sessions))
    app.use((c, next) => {
      c.set('session', { foreign: true } as never)
      return next()
    })
    app.use(onHono(sessions)).all('*', (c) => c.text(answer(c.req.path, c.var.session)))
    return use(async (path, Cookie) => app.fetch(new Request(`http://example.com${path}`, { headers: { Cookie } })))
  },
}

it.each(Object.keys(replacings))('%s has its session, also if something between them replaced it', async (nesting) => {
  const { sessions, clock } = world()
  const visitor = await signedIn({ sessions, clock })
  await replacings[nesting]!(sessions, async (ask) => {
    const set = await ask('/set', visitor.cookie)
    expect(await set.json()).toEqual(['ada', 1])
    expect(set.headers.getSetCookie()).toHaveLength(1)
  })
})

describe.each([
  ['the sealed cookie', () => world()],
  ['Flask’s cookie', () => flask()],
])('with %s', (_format, begin) => {
  it.each(Object.keys(nestings))('%s has one session, and each request one commit', async (nesting) => {
    const { sessions, clock } = begin()
    const visitor = await signedIn({ sessions, clock })
    clock.advance(2 * hour)
    await nestings[nesting]!(sessions, async (ask) => {
      const set = await ask('/set', visitor.cookie)
      expect(await set.json()).toEqual(['ada', 1])
      expect(set.headers.getSetCookie()).toHaveLength(1)
      visitor.receive(set.headers)
      expect(await (await ask('/', visitor.cookie)).json()).toEqual(['ada', 1])

      clock.advance(2 * hour)
      const out = await ask('/out', visitor.cookie)
      visitor.receive(out.headers)
      expect(await out.json()).toEqual([null, null])
      expect(out.headers.getSetCookie()).toHaveLength(1)
      expect(await (await ask('/', visitor.cookie)).json()).toEqual([null, null])
    })
  })
})

it.each<[string, (sessions: Sessions, inner: RequestListener) => RequestListener]>([
  ['plain Node', (sessions, inner) => onNode(sessions, inner)],
  ['Express', (sessions, inner) => express().use(onExpress(sessions), inner)],
])('an error of a listener behind %s with the same sessions is one 500, and ends nothing else', async (_, mount) => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => logged.mockRestore())
  const errors = uncaught()
  const { sessions } = world()
  const inner = onNode(sessions, async (request, response) => {
    if (request.url === '/throws') throw new Error('broken')
    response.end('whole')
  })
  await served(mount(sessions, inner), async (ask) => {
    expect((await ask('/throws', '')).status).toBe(500)
    expect(await (await ask('/', '')).text()).toBe('whole')
  })
  expect(logged).toHaveBeenCalledTimes(1)
  expect(errors).toEqual([])
})
