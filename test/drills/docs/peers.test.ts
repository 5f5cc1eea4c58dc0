import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { install } from '../../../scripts/install.mjs'
import { browser } from '../../support/browser.ts'
import { freePort } from '../../support/servers/server.ts'
import { repository } from '../../support/repository.ts'

// The cells of other libraries in docs/compared.md, shown with the packages of bench/.

const bench = createRequire(join(repository, 'bench/package.json'))
const [key, formerKey] = ['a key of these tests, 32 bytes or more', 'the former key, 32 bytes or more']

beforeAll(async () => expect(await install('bench')).toBe(true), 120_000)

let stop = async (): Promise<void> => {}
afterEach(() => stop())

describe('express-session', () => {
  const remembering = () => {
    const { MemoryStore } = bench('express-session') as { MemoryStore: new () => Record<string, any> }
    return new MemoryStore()
  }

  it('answers 500 while its store fails', async () => {
    const store = remembering()
    const { visit } = await application(expressSession({ store }))
    await visit('/login')
    store['get'] = (_id: string, done: (error: Error) => void) => done(new Error('gone'))

    expect((await visit('/')).status).toBe(500)
  })

  it('signs a user in again if a slow request writes after the sign-out', async () => {
    const { visit, finishSlow, cookie } = await application(expressSession({}))
    await visit('/login')
    const slow = visit('/slow-write')
    const before = cookie()
    await visit('/logout')
    finishSlow()
    await slow

    expect(await (await visit('/', before)).text()).toBe('ada')
  })

  it('loses what one of two requests at once wrote', async () => {
    const { visit, finishSlow } = await application(expressSession({}))
    await visit('/login')
    const slow = visit('/slow-write')
    await visit('/write')
    finishSlow()
    await slow

    expect(await (await visit('/data')).json()).toEqual({ slow: true })
  })

  it('opens a cookie of the former key, and does not sign it again', async () => {
    const store = remembering()
    const before = await application(expressSession({ store, secret: formerKey }))
    await before.visit('/login')
    const cookie = before.cookie()
    await stop()
    const after = await application(expressSession({ store, secret: [key, formerKey] }))
    const response = await after.visit('/', cookie)

    expect([await response.text(), response.headers.getSetCookie()]).toEqual(['ada', []])
  })

  it('replaces the cookie of a sign-in by that of a guest whose response is late', async () => {
    const { visit, finishSlow } = await application(expressSession({}))
    const slow = visit('/slow-write')
    await visit('/login')
    finishSlow()
    await slow

    expect(await (await visit('/')).text()).toBe('guest')
  })
})

describe('iron-session', () => {
  it('opens a copy of the cookie after the sign-out', async () => {
    const { visit, cookie } = await application(ironSession({ 1: key }))
    await visit('/login')
    const copy = cookie()
    await visit('/logout')

    expect(await (await visit('/')).text()).toBe('guest')
    expect(await (await visit('/', copy)).text()).toBe('ada')
  })

  it('signs a user in again if a slow request writes after the sign-out', async () => {
    const { visit, finishSlow } = await application(ironSession({ 1: key }))
    await visit('/login')
    const slow = visit('/slow-write')
    await visit('/logout')
    finishSlow()
    await slow

    expect(await (await visit('/')).text()).toBe('ada')
  })

  it('loses what one of two requests at once wrote', async () => {
    const { visit, finishSlow } = await application(ironSession({ 1: key }))
    await visit('/login')
    const slow = visit('/slow-write')
    await visit('/write')
    finishSlow()
    await slow

    expect(await (await visit('/data')).json()).toEqual({ slow: true })
  })

  it('opens a cookie of the former key, and seals it again only when it is saved', async () => {
    const before = await application(ironSession({ 1: formerKey }))
    await before.visit('/login')
    const cookie = before.cookie()
    await stop()
    const { visit } = await application(ironSession({ 1: formerKey, 2: key }))
    const read = await visit('/', cookie)

    expect([await read.text(), read.headers.getSetCookie()]).toEqual(['ada', []])
    expect((await visit('/write', cookie)).headers.getSetCookie()).toHaveLength(1)
  })

  it('replaces the cookie of a sign-in by that of a guest whose response is late', async () => {
    const { visit, finishSlow } = await application(ironSession({ 1: key }))
    const slow = visit('/slow-write')
    await visit('/login')
    finishSlow()
    await slow

    expect(await (await visit('/')).text()).toBe('guest')
  })
})

it('a JWT is valid until it expires, and its library says why one is refused', async () => {
  const { SignJWT, jwtVerify } = (await import(pathToFileURL(bench.resolve('jose')).href)) as Record<string, any>
  const secret = new TextEncoder().encode(key)
  const issue = (expiry: number | string) =>
    new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expiry).sign(secret)
  const token = await issue('1h')

  expect((await jwtVerify(token, secret)).payload.sub).toBe('ada')
  await expect(jwtVerify(await issue(1), secret)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
  await expect(jwtVerify(token, new TextEncoder().encode(formerKey))).rejects.toMatchObject({
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  })
})

/** An application's use of the session of a library. */
interface Library {
  (
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<{
    data: Record<string, any>
    save(): Promise<void>
    end(): Promise<void>
  }>
}

function expressSession(options: object): Library {
  const middleware = bench('express-session')({ secret: key, resave: false, saveUninitialized: false, ...options })
  return async (req, res) => {
    await new Promise<void>((resolve, reject) =>
      middleware(req, res, (error?: Error) => (error ? reject(error) : resolve())),
    )
    const { session } = req as IncomingMessage & { session: Record<string, any> }
    return {
      data: session,
      save: async () => {},
      end: () => new Promise((resolve) => session['destroy'](() => resolve())),
    }
  }
}

function ironSession(password: Record<number, string>): Library {
  const { getIronSession } = bench('iron-session') as { getIronSession: (...args: unknown[]) => Promise<any> }
  return async (req, res) => {
    const session = await getIronSession(req, res, { password, cookieName: 'iron', cookieOptions: { secure: false } })
    return { data: session, save: () => session.save(), end: async () => session.destroy() }
  }
}

/** An application that signs in and out, and has a slow route that writes; and a browser that visits it. */
async function application(open: Library) {
  let finishSlow = (): void => {}
  let slowHasStarted = (): void => {}
  let slowStarts = Promise.resolve()
  const listener: RequestListener = async (req, res) => {
    try {
      const { data, save, end } = await open(req, res)
      if (req.url === '/login') data['user'] = 'ada'
      if (req.url === '/write') data['quick'] = true
      if (req.url === '/slow-write') {
        data['slow'] = true
        slowHasStarted()
        await new Promise<void>((resolve) => (finishSlow = resolve))
      }
      const { slow, quick, user = 'guest' } = data
      if (req.url === '/logout') await end()
      else if (req.url !== '/' && req.url !== '/data') await save()
      res.end(req.url === '/data' ? JSON.stringify({ slow, quick }) : user)
    } catch {
      res.writeHead(500).end()
    }
  }
  const server = createServer(listener)
  const port = await freePort()
  await once(server.listen(port, '127.0.0.1'), 'listening')
  stop = async () => {
    stop = async () => {}
    server.closeAllConnections()
    server.close()
  }
  const jar = browser()

  /** Sends a request; any other than the slow one waits until that one has started. */
  async function visit(path: string, cookie = jar.cookie): Promise<Response> {
    if (path === '/slow-write') slowStarts = new Promise((resolve) => (slowHasStarted = resolve))
    else await slowStarts
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Cookie: cookie } })
    jar.receive(response.headers)
    return response
  }

  return { visit, cookie: () => jar.cookie, finishSlow: () => finishSlow() }
}
