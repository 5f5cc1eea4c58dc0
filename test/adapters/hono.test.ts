import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono, type Context } from 'hono'
import { handle as toLambda, type LambdaEvent } from 'hono/aws-lambda'
import { cache } from 'hono/cache'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sojourn } from '../../src/adapters/hono.ts'
import { cookiesOf } from '../support/browser.ts'
import { guest, signedIn, world } from '../support/sessions.ts'

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

type Handle = (c: Context) => Response | Promise<Response>

const appOf = (visited: ReturnType<typeof world>, handle: Handle) =>
  new Hono().use(sojourn(visited.sessions)).all('/', handle)

/** What a signed-in visitor gets. */
async function answerTo(handle: Handle, init: RequestInit = {}): Promise<Response> {
  const visited = world()
  const { cookie } = await signedIn(visited)
  return appOf(visited, handle).request('/', { ...init, headers: { Cookie: cookie } })
}

describe('a response', () => {
  it('is private where the handler read the session, and keeps its other headers', async () => {
    const response = await answerTo((c) => {
      c.header('Cache-Control', 'public, max-age=60')
      c.header('Vary', 'Accept')
      c.header('Set-Cookie', 'theme=dark', { append: true })
      return c.text(`Hello, ${c.var.session.userId}`, 201)
    })

    expect(response.status).toBe(201)
    expect(await response.text()).toBe('Hello, ada')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Accept, Cookie')
    expect(cookiesOf(response.headers)).toEqual({ theme: 'dark' })
  })

  it('is as it was where the handler left the session alone', async () => {
    const response = await answerTo((c) => c.text('x', 200, { 'Cache-Control': 'max-age=60' }))

    expect(response.headers.get('Cache-Control')).toBe('max-age=60')
    expect(response.headers.has('Vary')).toBe(false)
  })

  it('keeps the cookies of the application beside ours', async () => {
    const response = await answerTo((c) => {
      c.var.session.data['cart'] = []
      c.header('Set-Cookie', 'theme=dark', { append: true })
      c.header('Set-Cookie', 'lang=en', { append: true })
      return c.body(null, 204)
    })

    expect(Object.keys(cookiesOf(response.headers)).toSorted()).toEqual(['__Host-Http-session', 'lang', 'theme'])
  })

  it('is each visitor’s own, also where the handler gives one response to all of them', async () => {
    const visited = world()
    const same = new Response(null, { status: 204, headers: { 'X-Own': '1' } })
    const app = new Hono().use(sojourn(visited.sessions))
    app.get('/login', (c) => {
      c.var.session.signIn('ada')
      return same
    })
    app.get('/', () => same)
    const signingIn = await app.request('/login')
    const other = await app.request('/')

    expect(Object.keys(cookiesOf(signingIn.headers))).toEqual(['__Host-Http-session'])
    expect([...other.headers]).toEqual([['x-own', '1']])
  })

  it.each([200, 204])('of %i that `c` makes is not copied if the handler only read the session', async (status) => {
    let made: Response | undefined
    let sent: Response | undefined
    const visited = world()
    const { cookie } = await signedIn(visited)
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        sent = c.res
      })
      .use(sojourn(visited.sessions))
      .get('/', (c) => {
        const text = c.var.session.userId
        c.header('CDN-Cache-Control', 'max-age=60')
        return (made = c.newResponse(status === 204 ? null : text, status as 200))
      })
    await app.request('/', { headers: { Cookie: cookie } })

    expect(sent).toBe(made)
    expect([...sent!.headers].filter(([name]) => name !== 'content-type')).toEqual([
      ['cache-control', 'no-store'],
      ['vary', 'Cookie'],
    ])
  })

  it('that the handler made for all visitors stays public for those whose session is not read', async () => {
    const visited = world()
    const same = new Response(null, {
      status: 204,
      headers: { 'Cache-Control': 'max-age=60', 'CDN-Cache-Control': 'max-age=90' },
    })
    const app = new Hono().use(sojourn(visited.sessions))
    app.get('/own', (c) => (c.var.session.userId === null ? same : c.text('')))
    app.get('/', () => same)
    const own = await app.request('/own')
    const other = await app.request('/')

    expect([...own.headers]).toEqual([['cache-control', 'no-store'], ['vary', 'Cookie']]) // prettier-ignore
    expect([...other.headers]).toEqual([['cache-control', 'max-age=60'], ['cdn-cache-control', 'max-age=90']]) // prettier-ignore
  })

  it('that `c` made, and that the handler keeps for all visitors, gives nobody another’s cookie', async () => {
    const visited = world()
    let kept: Response | undefined
    const app = new Hono().use(sojourn(visited.sessions))
    app.get('/login', (c) => {
      c.var.session.signIn('ada')
      return (kept = c.body(null, 204))
    })
    app.get('/', () => kept!)
    const signingIn = await app.request('/login')
    const other = await app.request('/')

    expect(Object.keys(cookiesOf(signingIn.headers))).toEqual(['__Host-Http-session'])
    expect(other.headers.getSetCookie()).toEqual([])
  })

  it.each(['no-store', 'max-age=60'])('from `fetch`, with %s, is private', async (cacheControl) => {
    const server = createServer((_, response) => {
      response.setHeader('Cache-Control', cacheControl)
      response.setHeader('CDN-Cache-Control', 'max-age=60')
      response.setHeader('Vary', 'Accept')
      response.end('fetched')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const fetched = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const before = [...fetched.headers]
    const response = await answerTo((c) => (c.var.session.userId === 'ada' ? fetched : c.text('')))
    server.close()

    expect(() => fetched.headers.set('Vary', '*')).toThrow(TypeError)
    expect([...fetched.headers]).toEqual(before)
    expect(await response.text()).toBe('fetched')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Accept, Cookie')
    expect(response.headers.has('CDN-Cache-Control')).toBe(false)
  })

  it('to HEAD has the headers of GET', async () => {
    const visited = world()
    const app = new Hono().use(sojourn(visited.sessions)).get('/', (c) => {
      c.var.session.data['n'] = 1
      return c.text('body')
    })
    const response = await app.request('/', { method: 'HEAD' })

    expect(await response.text()).toBe('')
    expect(Object.keys(cookiesOf(response.headers))).toEqual(['__Host-Http-guest'])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it('of a route that there is not leaves the session alone', async () => {
    const visited = world()
    const response = await new Hono().use(sojourn(visited.sessions)).request('/nowhere')

    expect([response.status, response.headers.has('Vary')]).toEqual([404, false])
  })

  it('that streams has its cookie before its body, and an error of the stream is reported', async () => {
    const seen: unknown[] = []
    const response = await answerTo((c) => {
      c.var.session.data['n'] = 1
      return stream(c, async (out) => {
        await out.write('one')
        try {
          c.var.session.signOut()
        } catch (error) {
          seen.push(error)
        }
        await out.write('two')
      })
    })

    expect(Object.keys(cookiesOf(response.headers))).toEqual(['__Host-Http-session'])
    expect(await response.text()).toBe('onetwo')
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_COMMITTED' })])
  })
})

describe('a sign-out is kept', () => {
  it.each<[string, number, Handle]>([
    ['a redirect', 302, (c) => c.redirect('/')],
    ['a redirect whose headers cannot be written to', 303, () => Response.redirect('https://example.com/', 303)],
    ['a 304', 304, (c) => c.body(null, 304)],
    ['a 500', 500, (c) => c.text('', 500)],
    ['an error', 500, () => { throw new Error('broken') }], // prettier-ignore
    ['a rejection', 500, async () => Promise.reject(new Error('broken'))],
    ['an HTTPException of 401', 401, () => { throw new HTTPException(401, { message: 'No.' }) }], // prettier-ignore
    ['an HTTPException of 503', 503, () => { throw new HTTPException(503) }], // prettier-ignore
    ['an HTTPException with its own response', 402, () => { throw new HTTPException(402, { res: new Response('', { status: 402 }) }) }], // prettier-ignore
    ['data that cannot be kept', 500, (c) => { c.var.session.data['at'] = new Date(); return c.text('') }], // prettier-ignore
    ['data that is too big', 500, (c) => { c.var.session.data['x'] = 'x'.repeat(5000); return c.text('') }], // prettier-ignore
  ])('by %s', async (_, status, handle) => {
    const response = await answerTo((c) => {
      c.var.session.signOut()
      return handle(c)
    })

    expect(response.status).toBe(status)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(cookiesOf(response.headers)).toEqual({ '__Host-Http-session': '' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it('by an error that the application answers itself', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const app = appOf(visited, (c) => {
      c.var.session.signOut()
      throw new Error('broken')
    })
    app.onError((_, c) => c.text(`Sorry, ${c.var.session.userId ?? 'guest'}`, 500))
    const response = await app.request('/', { headers: { Cookie: cookie } })

    expect(await response.text()).toBe('Sorry, guest')
    expect(cookiesOf(response.headers)).toEqual({ '__Host-Http-session': '' })
  })

  it('with data that cannot be kept, where the application answers that itself', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const app = appOf(visited, (c) => {
      c.var.session.signOut()
      c.var.session.data['at'] = new Date()
      return c.text('')
    })
    app.onError((error, c) => c.json({ code: 'code' in error && error.code }, 500))
    const response = await app.request('/', { headers: { Cookie: cookie } })

    expect(await response.json()).toEqual({ code: 'ERR_DATA' })
    expect(cookiesOf(response.headers)).toEqual({ '__Host-Http-session': '' })
  })

  it('by a response that was read already, whatever becomes of that', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const app = appOf(visited, async (c) => {
      c.var.session.signOut()
      const response = new Response('x')
      await response.text()
      return response
    })
    const seen: unknown[] = []
    app.onError((error, c) => {
      seen.push(error)
      return c.text('', 500)
    })
    const response = await app.request('/', { headers: { Cookie: cookie } })

    expect(seen).not.toContainEqual(expect.objectContaining({ code: 'ERR_COMMITTED' }))
    expect(cookiesOf(response.headers)).toEqual({ '__Host-Http-session': '' })
  })

  it('by something thrown that is no error', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const app = appOf(visited, (c) => {
      c.var.session.signOut()
      // oxlint-disable-next-line no-throw-literal -- what others throw
      throw 'broken'
    })
    await Promise.resolve(app.request('/', { headers: { Cookie: cookie } })).catch(() => {})

    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })
})

it.each<[string, Handle]>([
  ['a 500', (c) => c.text('', 500)],
  ['an error', () => { throw new Error('the second factor is down') }], // prettier-ignore
  ['an HTTPException of 503', () => { throw new HTTPException(503) }], // prettier-ignore
])('a sign-in is dropped by %s', async (_, handle) => {
  const visited = world()
  const { cookie } = await guest(visited)
  const app = appOf(visited, (c) => {
    c.var.session.signIn('ada')
    return handle(c)
  })
  const response = await app.request('/', { headers: { Cookie: cookie } })

  expect(cookiesOf(response.headers)).toEqual({})
  expect((await visited.sessions.open(cookie)).outcome).toBe('active')
})

describe('beside middleware that keeps responses', () => {
  function stubCaches(): void {
    const kept = new Map<string, Response>()
    const opened = {
      match: async (key: string) => kept.get(key)?.clone(),
      put: async (key: string, response: Response) => void kept.set(key, response),
    }
    vi.stubGlobal('caches', { open: async () => opened })
  }

  async function twoUsers(
    app: Hono,
    visited: ReturnType<typeof world>,
  ): Promise<{ texts: string[]; cookies: string[][] }> {
    const visitors = [(await signedIn(visited, 'ada')).cookie, (await signedIn(visited, 'eve')).cookie, '']
    const texts: string[] = []
    const cookies: string[][] = []
    for (const cookie of visitors) {
      const response = await app.request('/', { headers: cookie === '' ? {} : { Cookie: cookie } })
      texts.push(await response.text())
      cookies.push(response.headers.getSetCookie())
    }
    return { texts, cookies }
  }

  const page = (c: Context) => c.text(`Hello, ${c.var.session.userId ?? 'guest'}`)

  it('outside of ours, a cache keeps no page that read a session', async () => {
    stubCaches()
    const visited = world({ touchAfter: 0 })
    const app = new Hono()
    app.use(cache({ cacheName: 'pages', cacheControl: 'max-age=60', wait: true }))
    app.use(sojourn(visited.sessions)).get('/', page)

    expect((await twoUsers(app, visited)).texts).toEqual(['Hello, ada', 'Hello, eve', 'Hello, guest'])
  })

  it('inside of ours, a cache keeps no page that read a session', async () => {
    stubCaches()
    const visited = world({ touchAfter: 0 })
    const app = new Hono().use(sojourn(visited.sessions))
    app.use(cache({ cacheName: 'pages', cacheControl: 'max-age=60', wait: true })).get('/', page)

    expect((await twoUsers(app, visited)).texts).toEqual(['Hello, ada', 'Hello, eve', 'Hello, guest'])
  })

  it.each<[string, Handle]>([
    ['made by the handler alone', (c) => new Response(`Hello, ${c.var.session.userId ?? 'guest'}`)],
    [
      'that the handler calls public',
      (c) => {
        const name = c.var.session.userId ?? 'guest'
        return c.text(`Hello, ${name}`, 200, { 'Cache-Control': 'public, max-age=60' })
      },
    ],
  ])('in front of ours, a cache keeps no page %s', async (_, handle) => {
    stubCaches()
    const visited = world({ touchAfter: 0 })
    const app = new Hono().use(cache({ cacheName: 'pages', wait: true }))
    app.use(sojourn(visited.sessions)).get('/', handle)

    expect((await twoUsers(app, visited)).texts).toEqual(['Hello, ada', 'Hello, eve', 'Hello, guest'])
  })

  it('a page that reads no session is cached, and one visitor’s cookie goes to no other', async () => {
    stubCaches()
    const visited = world({ touchAfter: 0 })
    const app = new Hono().use(sojourn(visited.sessions))
    app.use(cache({ cacheName: 'pages', wait: true })).get('/', (c) => c.text('the same for all'))
    const { cookies } = await twoUsers(app, visited)

    expect(cookies.map(({ length }) => length)).toEqual([1, 1, 0])
    expect(new Set(cookies.flat()).size).toBe(2)
  })

  it.each(['outside', 'inside'])('%s of ours, ETags say nothing of one user to another', async (where) => {
    const visited = world()
    const ours = sojourn(visited.sessions)
    const app = new Hono()
    for (const middleware of where === 'outside' ? [etag(), ours] : [ours, etag()]) app.use(middleware)
    app.get('/', page)
    const [ada, eve] = [(await signedIn(visited, 'ada')).cookie, (await signedIn(visited, 'eve')).cookie]
    const tag = (await app.request('/', { headers: { Cookie: ada } })).headers.get('ETag')!
    const again = await app.request('/', { headers: { Cookie: ada, 'If-None-Match': tag } })
    const other = await app.request('/', { headers: { Cookie: eve, 'If-None-Match': tag } })

    expect([again.status, other.status, await other.text()]).toEqual([304, 200, 'Hello, eve'])
    for (const response of [again, other]) {
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      expect(response.headers.get('Vary')).toBe('Cookie')
    }
  })
})

describe('a response that cannot be sent, since the session cannot be kept', () => {
  it('leaves none of its headers on the one that is', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const app = new Hono().use(sojourn(world().sessions)).get('/', (c) => {
      c.var.session.data['at'] = new Date()
      return c.text('So', 200, { 'Content-Length': '2', ETag: '"x"', 'Content-Disposition': 'attachment' })
    })
    const response = await app.request('/')

    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    for (const name of ['ETag', 'Content-Disposition', 'Content-Length']) expect(response.headers.get(name)).toBeNull()
    vi.restoreAllMocks()
  })
})

it('mounted twice opens one session', async () => {
  const visited = world({ touchAfter: 0 })
  const visitor = await signedIn(visited)
  const mounted = sojourn(visited.sessions)
  const app = new Hono()
    .use(mounted)
    .use(mounted)
    .get('/', (c) => c.text(`${(c.var.session.data['n'] = 1)}`))
  const response = await app.request('/', { headers: { Cookie: visitor.cookie } })

  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('on AWS Lambda, takes and sends cookies apart from the headers', async () => {
  const visited = world()
  const { cookie } = await signedIn(visited)
  const handler = toLambda(
    appOf(visited, (c) => {
      c.var.session.renew()
      return c.text(c.var.session.userId!)
    }),
  )
  const event: LambdaEvent = {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: '',
    headers: {},
    cookies: cookie.split('; '),
    body: null,
    isBase64Encoded: false,
    requestContext: { domainName: 'shop.example.com', http: { method: 'GET', path: '/' } } as never,
  }

  expect(await handler(event)).toMatchObject({
    statusCode: 200,
    headers: { vary: 'Cookie', 'cache-control': 'no-store' },
    cookies: [expect.stringMatching(/^__Host-Http-session=/)],
    body: 'ada',
  })
})

it('without sessions says at start what it takes', () => {
  for (const given of [undefined, {}, { secrets: [] }]) {
    expect(() => sojourn(given as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
  }
})
