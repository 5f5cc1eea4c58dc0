import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sessionOf, sojourn } from '../../src/adapters/fetch.ts'
import { SojournError, type Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { guest, signedIn, world } from '../support/sessions.ts'
import { testStore } from '../support/stores.ts'

const quiet = () => vi.spyOn(console, 'error').mockImplementation(() => {})
let errors: ReturnType<typeof quiet>
beforeEach(() => void (errors = quiet()))
afterEach(() => vi.restoreAllMocks())

type Handler = (request: Request, session: Session) => Response | Promise<Response>

async function answer(handler: Handler, cookie = '', visited = world()): Promise<Response> {
  const headers = cookie === '' ? {} : { Cookie: cookie }
  return sojourn(visited.sessions, handler)(new Request('https://example.com/', { headers }))
}

/** What a signed-in visitor gets from a handler. */
async function answerTo(handler: Handler): Promise<Response> {
  const visited = world()
  return answer(handler, (await signedIn(visited)).cookie, visited)
}

const accessors: [string, (session: Session) => unknown][] = [
  ['outcome', (session) => session.outcome],
  ['id', (session) => session.id],
  ['userId', (session) => session.userId],
  ['data', (session) => session.data],
  ['a key of data', (session) => session.data['cart']],
  ['in', (session) => 'cart' in session.data],
  ['the keys of data', (session) => Object.keys(session.data).length],
  ['data spread', (session) => ({ ...session.data })],
  ['data as JSON', (session) => JSON.stringify(session.data)],
  ['signedInAt', (session) => session.signedInAt],
  ['expiresAt', (session) => session.expiresAt],
  ['remember', (session) => session.remember],
  ['confirmed', (session) => session.confirmed],
  ['csrfToken', (session) => session.csrfToken],
  ['isCsrfToken', (session) => session.isCsrfToken('x')],
  ['signedInWithin', (session) => session.signedInWithin(60)],
  // It throws for a guest.
  ['confirm', (session) => session.userId !== null && session.confirm('otp')],
  ['confirmedWithin', (session) => session.confirmedWithin(60)],
  ['takeFlashes', (session) => session.takeFlashes()],
  ['flash', (session) => session.flash('info', 'x')],
  ['signIn', (session) => session.signIn('ada')],
  ['signOut', (session) => session.signOut()],
  ['renew', (session) => session.renew()],
  ['update', (session) => session.update('n', () => 1)],
  ['replaced data', (session) => (session.data = {})],
  ['requireConfirmed', (session) => expect(() => session.requireConfirmed()).toThrow(/store/)],
]

describe('a response is private', () => {
  it.each(accessors)('after %s, for a guest and for a user', async (_, access) => {
    const handler: Handler = (_request, session) => {
      access(session)
      return new Response('', { headers: { 'Cache-Control': 'public, max-age=60' } })
    }

    for (const response of [await answer(handler), await answerTo(handler)]) {
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      expect(response.headers.get('Vary')).toBe('Cookie')
    }
  })

  it('after every accessor that there is', async () => {
    const prototype = Object.getPrototypeOf(await world().sessions.open(null)) as object
    const there = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')

    expect(there.filter((name) => !accessors.some(([tested]) => tested === name))).toEqual([])
  })

  it('not where the session was left alone', async () => {
    const response = await answerTo(
      () => new Response('', { headers: { 'Cache-Control': 'max-age=60', Vary: 'Accept' } }),
    )

    expect(response.headers.get('Cache-Control')).toBe('max-age=60')
    expect(response.headers.get('Vary')).toBe('Accept')
  })

  it('where the session was left alone and its cookie is renewed all the same', async () => {
    const visited = world({ touchAfter: 0 })
    const response = await answer(() => new Response(''), (await signedIn(visited)).cookie, visited)

    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Cookie')
  })

  it.each([
    ['Accept-Encoding', 'Accept-Encoding, Cookie'],
    ['Accept, Origin', 'Accept, Origin, Cookie'],
    ['cookie', 'cookie'],
    ['Accept,COOKIE', 'Accept,COOKIE'],
    ['*', '*'],
    ['X-Cookie', 'X-Cookie, Cookie'],
    ['', 'Cookie'],
  ])('with Vary %j it becomes %j', async (vary, merged) => {
    const response = await answer((_, session) => new Response(session.userId, { headers: { Vary: vary } }))

    expect(response.headers.get('Vary')).toBe(merged)
  })
})

describe('the session', () => {
  it('is the one that several Cookie headers name together', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const headers = new Headers([
      ['Cookie', 'a=b'],
      ['Cookie', cookie],
    ])
    const handler = sojourn(visited.sessions, (_, session) => new Response(session.userId))

    expect(await (await handler(new Request('https://example.com/', { headers }))).text()).toBe('ada')
  })

  it('is not looked for in the address or the body', async () => {
    const visited = world()
    const token = (await signedIn(visited)).get('__Host-Http-session')!
    const handler = sojourn(visited.sessions, (_, session) => new Response(session.outcome))
    const request = new Request(`https://example.com/?__Host-Http-session=${token}`, {
      method: 'POST',
      body: new URLSearchParams({ '__Host-Http-session': token }),
      headers: { Authorization: `Bearer ${token}` },
    })

    expect(await (await handler(request)).text()).toBe('none')
  })

  it('comes before what the host passes', async () => {
    const handler = sojourn(world().sessions, (_, session, env: { name: string }, n: number) =>
      Response.json([session.userId, env.name, n]),
    )

    expect(await (await handler(new Request('https://example.com/'), { name: 'x' }, 2)).json()).toEqual([null, 'x', 2])
  })
})

describe('a sign-out is kept', () => {
  const ways: [string, number, (session: Session) => Response | Promise<Response>][] = [
    ['a redirect', 302, () => Response.redirect('https://example.com/', 302)],
    ['a thrown redirect', 303, () => { throw Response.redirect('https://example.com/', 303) }], // prettier-ignore
    ['a thrown response of 401', 401, () => { throw new Response('', { status: 401 }) }], // prettier-ignore
    ['a 304', 304, () => new Response(null, { status: 304 })],
    ['a 204', 204, () => new Response(null, { status: 204 })],
    ['a 500', 500, () => new Response('', { status: 500 })],
    ['an error', 500, () => { throw new Error('broken') }], // prettier-ignore
    ['a rejection', 500, async () => Promise.reject(new Error('broken'))],
    ['a rejection that is no error', 500, async () => Promise.reject('broken' as unknown as Error)],
    ['a rejection with nothing', 500, async () => Promise.reject(undefined as unknown as Error)],
    ['no response at all', 500, () => undefined as unknown as Response],
    ['an error that has its own response', 418, () => { throw Object.assign(new Error(), { getResponse: () => new Response('', { status: 418 }) }) }], // prettier-ignore
    ['an error of ours', 500, () => { throw new SojournError('ERR_DATA', 'x') }], // prettier-ignore
    ['data that cannot be kept', 500, (session) => { session.data['at'] = new Date(); return new Response('') }], // prettier-ignore
    ['data that is too big', 500, (session) => { session.data['essay'] = 'x'.repeat(5000); return new Response('') }], // prettier-ignore
  ]

  it.each(ways)('by %s', async (_, status, handle) => {
    const response = await answerTo((_request, session) => {
      session.signOut()
      return handle(session)
    })

    expect(response.status).toBe(status)
    expect(cookiesOf(response.headers)).toEqual({ '__Host-Http-session': '' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it.each<[string, () => Promise<Response>]>([
    [
      'that was read already',
      async () => {
        const response = new Response('x')
        await response.text()
        return response
      },
    ],
    ['that stands for a network error', async () => Response.error()],
  ])('by a response %s, whatever becomes of that', async (_, respond) => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const response = answer(
      async (_request, session) => {
        session.signOut()
        return respond()
      },
      cookie,
      visited,
    )

    expect(cookiesOf((await response).headers)).toEqual({ '__Host-Http-session': '' })
  })
})

describe('a response that failed', () => {
  it.each<[string, () => Response]>([
    ['a 500', () => new Response('', { status: 500 })],
    ['a 503 that is thrown', () => { throw new Response('', { status: 503 }) }], // prettier-ignore
    ['an error', () => { throw new Error('the second factor is down') }], // prettier-ignore
  ])('by %s drops a sign-in', async (_, respond) => {
    const visited = world()
    const { cookie } = await guest(visited)
    const response = await answer(
      (_request, session) => {
        session.signIn('ada')
        return respond()
      },
      cookie,
      visited,
    )

    expect(cookiesOf(response.headers)).toEqual({})
    expect(await (await visited.sessions.open(cookie)).outcome).toBe('active')
  })

  it('by an error that nobody caught is on the console, and not in the answer', async () => {
    const error = new Error('canary')
    const response = await answer(() => {
      throw error
    })

    expect(errors).toHaveBeenCalledWith(error)
    expect(await response.text()).not.toContain('canary')
  })

  it('by data that cannot be kept says so on the console', async () => {
    const response = await answer((_, session) => {
      session.data['at'] = new Date()
      return new Response('')
    })

    expect(response.status).toBe(500)
    expect(errors).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_DATA' }))
  })
})

describe('a 500 of a framework, while the store does not answer', () => {
  /** As SvelteKit and React Router do: whatever the page throws becomes their error page. */
  const framework =
    (page: Handler): Handler =>
    async (request, session) => {
      try {
        return await page(request, session)
      } catch {
        return new Response('<h1>Sorry</h1>', { status: 500, headers: { 'Content-Type': 'text/html' } })
      }
    }

  async function answerInOutage(page: Handler): Promise<Response> {
    const store = testStore()
    store.fail()
    const visited = world({ store })
    // A server without the store signed this visitor in.
    const { cookie } = await signedIn(world({}, visited.clock))
    return answer(framework(page), cookie, visited)
  }

  it('is a 503 with the page of the framework, if the session caused it', async () => {
    const response = await answerInOutage((_, session) => new Response(session.userId))

    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1'])
    expect(await response.text()).toBe('<h1>Sorry</h1>')
    expect([response.headers.get('Content-Type'), response.headers.get('Cache-Control')]).toEqual([
      'text/html',
      'no-store',
    ])
  })

  it('stays a 500 if the page failed by itself', async () => {
    for (const use of [() => {}, (session: Session) => void session.outcome]) {
      const response = await answerInOutage((_, session) => {
        use(session)
        throw new Error('broken')
      })

      expect([response.status, response.headers.get('Retry-After')]).toEqual([500, null])
    }
  })

  it('is the page, if that does without the session', async () => {
    const response = await answerInOutage((_, session) => {
      try {
        return new Response(session.userId)
      } catch {
        return new Response('for everybody')
      }
    })

    expect([response.status, await response.text()]).toEqual([200, 'for everybody'])
  })
})

describe('what Next throws to end a request', () => {
  const thrown =
    (digest: string): Handler =>
    (_, session) => {
      session.data['n'] = 1
      throw Object.assign(new Error(digest), { digest })
    }

  it.each([
    ['redirect()', 'NEXT_REDIRECT;replace;/next?a=1;b;307;', 307, '/next?a=1;b'],
    ['permanentRedirect()', 'NEXT_REDIRECT;push;https://example.com/;308;', 308, 'https://example.com/'],
    ['notFound()', 'NEXT_HTTP_ERROR_FALLBACK;404', 404, null],
    ['forbidden()', 'NEXT_HTTP_ERROR_FALLBACK;403', 403, null],
  ])('%s is its response, and the session is saved', async (_, digest, status, location) => {
    const response = await answer(thrown(digest))

    expect([response.status, response.headers.get('Location')]).toEqual([status, location])
    expect(Object.keys(cookiesOf(response.headers))).toEqual(['__Host-Http-guest'])
    expect(errors).not.toHaveBeenCalled()
  })

  it.each(['1234567', 'NEXT_REDIRECT', 'NEXT_REDIRECT;replace;/;200;', 'NEXT_HTTP_ERROR_FALLBACK;99', 'BAILOUT'])(
    'a digest %s is an error like any other',
    async (digest) => {
      expect((await answer(thrown(digest))).status).toBe(500)
      expect(errors).toHaveBeenCalled()
    },
  )
})

describe('everything else of the response', () => {
  it('is left as it was: status, body, headers and cookies of the application', async () => {
    const response = await answerTo((_, session) => {
      session.data['cart'] = []
      const headers = new Headers({ 'X-Own': '1' })
      headers.append('Set-Cookie', 'theme=dark; Path=/')
      headers.append('Set-Cookie', 'lang=en')
      return new Response('body', { status: 201, statusText: 'Made', headers })
    })

    expect([response.status, response.statusText, response.headers.get('X-Own')]).toEqual([201, 'Made', '1'])
    expect(await response.text()).toBe('body')
    expect(Object.keys(cookiesOf(response.headers))).toEqual(['theme', 'lang', '__Host-Http-session'])
  })

  it('is each visitor’s own, also where the handler gives one response to all of them', async () => {
    const visited = world()
    const same = new Response(null, { status: 204, headers: { 'X-Own': '1' } })
    const signingIn = await answer(
      (_, session) => {
        session.signIn('ada')
        return same
      },
      '',
      visited,
    )
    const other = await answer(() => same, '', visited)

    expect(Object.keys(cookiesOf(signingIn.headers))).toEqual(['__Host-Http-session'])
    expect([...other.headers]).toEqual([['x-own', '1']])
  })

  it('is the very response where there is nothing to add', async () => {
    const own = new Response('body')

    expect(await answer(() => own)).toBe(own)
  })

  it('streams on after the headers left, and can change the session no more', async () => {
    const seen: unknown[] = []
    const response = await answerTo((_, session) => {
      void session.data
      const body = new ReadableStream(
        {
          async pull(controller) {
            try {
              session.data = { late: true }
            } catch (error) {
              seen.push(error)
            }
            controller.enqueue(new TextEncoder().encode('late'))
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return new Response(body)
    })

    expect(await response.text()).toBe('late')
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_COMMITTED' })])
  })
})

it('without sessions or a handler says at start what it takes', () => {
  const { sessions } = world()
  for (const given of [[undefined, () => new Response()], [{}, () => new Response()], [sessions]]) {
    expect(() => sojourn(...(given as [never, never]))).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
  }
})

describe('sessionOf', () => {
  it('returns the session of a request that sojourn handles', async () => {
    const { sessions } = world()
    const seen: boolean[] = []
    const answer = sojourn(sessions, (request, session) => {
      seen.push(sessionOf(request, sessions) === session)
      return new Response()
    })
    await answer(new Request('http://localhost/'))

    expect(seen).toEqual([true])
  })

  it('says what to pass if it gets another request, or other sessions', async () => {
    const { sessions } = world()
    const { sessions: others } = world()
    const refused = expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringContaining('same sessions') })
    const answer = sojourn(sessions, (request) => {
      expect(() => sessionOf(request.clone(), sessions)).toThrow(refused)
      expect(() => sessionOf(request, others)).toThrow(refused)
      return new Response('refused')
    })

    expect(await (await answer(new Request('http://localhost/'))).text()).toBe('refused')
  })
})
