import { describe, expect, it } from 'vitest'
import type { Session } from '../../../src/index.ts'
import { signedIn } from '../../support/sessions.ts'
import type { Answer } from './host.ts'
import { cookieNames, gate, privacyOf, serving, type Given } from './serving.ts'

// Express adds Accept where it redirects.
const ours = { vary: expect.stringMatching(/^(Accept, )?Cookie$/), cacheControl: 'no-store' }

async function* pieces(): AsyncGenerator<string> {
  yield 'one '
  yield 'two '
  yield 'three'
}

const answers: [string, Answer, { status?: number; body?: string; location?: string; etag?: string }][] = [
  ['a text', { body: 'text' }, { body: 'text' }],
  ['nothing', {}, {}],
  ['a 204', { status: 204 }, { status: 204 }],
  ['a 304', { status: 304, headers: [['ETag', '"x"']] }, { status: 304, etag: '"x"' }],
  ['a 404', { status: 404, body: 'Nothing here' }, { status: 404, body: 'Nothing here' }],
  ['a redirect', { redirect: '/next' }, { status: 302, location: '/next' }],
  ['a stream', { body: pieces }, { body: 'one two three' }],
]

/** The headers of a response that are ours, and those that are not. */
export function responses(given: Given): void {
  describe.each(answers)('%s', (_, answer, { status = 200, body, location, etag }) => {
    const routes = {
      '/change': (session: Session) => {
        session.data['n'] = 1
        return answer
      },
      '/read': (session: Session) => {
        void session.userId
        return answer
      },
      '/alone': () => answer,
    }

    it.each(['GET', 'POST', 'HEAD'])('to %s carries the session that was changed, once', async (method) => {
      const { ask } = await serving(given, routes)
      const got = await ask('/change', { method })

      expect([got.status, cookieNames(got)]).toEqual([status, ['__Host-Http-guest']])
      expect(privacyOf(got)).toEqual(ours)
      expect(got.headers.get('Location')).toBe(location ?? null)
      if (etag !== undefined) expect(got.headers.get('ETag')).toBe(etag)
      if (method === 'HEAD') expect(got.body).toBe('')
      else if (body !== undefined) expect(got.body).toBe(body)
    })

    it('is private if the session was read, and has no cookie', async () => {
      const { ask, ...visited } = await serving(given, routes)
      const got = await ask('/read', { cookie: (await signedIn(visited)).cookie })

      expect([got.status, cookieNames(got), privacyOf(got)]).toEqual([status, [], ours])
    })

    it('has no header of ours if the session was left alone', async () => {
      const { ask, ...visited } = await serving(given, routes)
      const got = await ask('/alone', { cookie: (await signedIn(visited)).cookie })

      expect([got.status, cookieNames(got)]).toEqual([status, []])
      expect(got.headers.get('Cache-Control')).toBeNull()
      expect(got.headers.get('Vary') ?? '').not.toMatch(/cookie/i)
      if (body !== undefined) expect(got.body).toBe(body)
    })
  })

  const own: Answer = {
    status: 201,
    headers: [
      ['Set-Cookie', 'theme=dark; Path=/'],
      ['Set-Cookie', 'lang=en'],
      ['Vary', 'Accept-Encoding'],
      ['Cache-Control', 'public, max-age=60'],
      ['X-Own', '1'],
    ],
    body: 'own',
  }

  it('cookies, Vary and other headers of the application are kept beside ours; its Cache-Control is not', async () => {
    const { ask, ...visited } = await serving(given, {
      '/': (session) => {
        session.signIn('eve')
        return own
      },
    })
    const got = await ask('/', { cookie: (await signedIn(visited)).cookie })

    expect([got.status, got.body, got.headers.get('X-Own')]).toEqual([201, 'own', '1'])
    expect(cookieNames(got)).toEqual(['theme', 'lang', '__Host-Http-session'])
    expect(privacyOf(got)).toEqual({ vary: 'Accept-Encoding, Cookie', cacheControl: 'no-store' })
  })

  const cdn: [string, string][] = [
    ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'],
    ['CDN-Cache-Control', 'max-age=60'],
    ['Cloudflare-CDN-Cache-Control', 'max-age=60'],
    ['Vercel-CDN-Cache-Control', 'max-age=60'],
    ['Surrogate-Control', 'max-age=60'],
    ['Edge-Control', 'max-age=60'],
    ['X-Accel-Expires', '60'],
  ]

  it('no CDN is asked to keep a page that read the session, and any other page as the application says', async () => {
    const { ask, ...visited } = await serving(given, {
      '/read': (session) => {
        void session.userId
        return { headers: [...cdn, ['X-Own', '1']] }
      },
      '/alone': () => ({ headers: cdn }),
    })
    const { cookie } = await signedIn(visited)
    const read = await ask('/read', { cookie })
    const alone = await ask('/alone', { cookie })

    expect(cdn.map(([name]) => read.headers.get(name))).toEqual(cdn.map(() => null))
    expect([privacyOf(read).cacheControl, read.headers.get('X-Own')]).toEqual(['no-store', '1'])
    expect(cdn.map(([name]) => alone.headers.get(name))).toEqual(cdn.map(([, value]) => value))
  })

  it('all headers are the application’s own where it left the session alone', async () => {
    const { ask, ...visited } = await serving(given, { '/': () => own })
    const got = await ask('/', { cookie: (await signedIn(visited)).cookie })

    expect([got.status, got.body, cookieNames(got)]).toEqual([201, 'own', ['theme', 'lang']])
    expect(privacyOf(got)).toEqual({ vary: 'Accept-Encoding', cacheControl: 'public, max-age=60' })
  })

  it('a stream arrives while it is being made, after its cookie, and can change the session no more', async () => {
    const { opened, open } = gate()
    const seen: unknown[] = []
    const { ask } = await serving(given, {
      '/': (session) => {
        session.data['n'] = 1
        return {
          async *body() {
            yield 'one '
            await opened
            try {
              session.signOut()
            } catch (error) {
              seen.push(error)
            }
            yield 'two'
          },
        }
      },
    })
    const got = await ask('/', { onChunk: open })

    expect([got.body, cookieNames(got)]).toEqual(['one two', ['__Host-Http-guest']])
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_COMMITTED' })])
  })

  it('a large body arrives whole and in order', async () => {
    const lines = Array.from({ length: 400 }, (_, n) => `${n} `.padEnd(5000, '.'))
    const { ask } = await serving(given, {
      '/': (session) => {
        session.data['n'] = 1
        return {
          async *body() {
            yield* lines
          },
        }
      },
    })
    const got = await ask('/')

    expect(cookieNames(got)).toEqual(['__Host-Http-guest'])
    expect(got.body === lines.join('')).toBe(true)
  })
}
