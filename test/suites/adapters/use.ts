import { describe, expect, it } from 'vitest'
import { SojournError, type Session } from '../../../src/index.ts'
import { browser, cookiesOf } from '../../support/browser.ts'
import { guest, signedIn } from '../../support/sessions.ts'
import type { Answer, Routes } from './host.ts'
import { cookieNames, privacyOf, serving, type Given } from './serving.ts'

const routes: Routes = {
  '/set': (session) => {
    session.data['n'] = 1
    return {}
  },
  '/get': (session) => ({ body: JSON.stringify([session.userId, session.data]) }),
  '/in': (session) => {
    session.signIn('ada')
    return {}
  },
  '/out': (session) => {
    session.signOut()
    return { body: 'Bye' }
  },
}

/** The main uses of sessions. */
export function useOfSessions(given: Given): void {
  it('the next request sees the data of this one', async () => {
    const { ask } = await serving(given, routes)
    const visitor = browser()
    const set = await ask('/set')
    visitor.receive(set.headers)

    expect(cookieNames(set)).toEqual(['__Host-Http-guest'])
    expect((await ask('/get', { cookie: visitor.cookie })).body).toBe('[null,{"n":1}]')
    expect((await ask('/get')).body).toBe('[null,{}]')
  })

  it('a sign-in lasts, takes the guest’s data along and deletes the guest’s cookie', async () => {
    const { ask, ...visited } = await serving(given, routes)
    const visitor = await guest(visited)
    const entered = await ask('/in', { cookie: visitor.cookie })
    visitor.receive(entered.headers)

    expect(cookieNames(entered)).toEqual(['__Host-Http-session', '-__Host-Http-guest'])
    expect((await ask('/get', { cookie: visitor.cookie })).body).toBe('["ada",{"cart":["tea"]}]')
  })

  it('a sign-out deletes the cookie, and what was copied of it opens nothing', async () => {
    const { ask, sessions, ...visited } = await serving(given, routes)
    const { cookie } = await signedIn({ ...visited, sessions })
    const left = await ask('/out', { cookie })

    expect([left.status, left.body, cookieNames(left)]).toEqual([200, 'Bye', ['-__Host-Http-session']])
    expect(privacyOf(left)).toEqual({ vary: 'Cookie', cacheControl: 'no-store' })
    expect((await ask('/get', { cookie })).body).toBe('[null,{}]')
    expect((await sessions.open(cookie)).outcome).toBe('ended')
  })

  failures(given)
}

const broken = (): never => {
  throw new Error('canary')
}
const unavailable = (): never => {
  throw new SojournError('ERR_SESSION_UNAVAILABLE', 'canary')
}
const noJson = (session: Session): Answer => {
  session.data['at'] = new Date()
  return { body: 'canary' }
}
const tooBig = (session: Session): Answer => {
  session.data['essay'] = 'x'.repeat(5000)
  return { body: 'canary' }
}

const ways: [string, number, (session: Session) => Answer][] = [
  ['a handler that throws', 500, broken],
  ['a handler that throws because a session is unavailable', 503, unavailable],
  ['a handler that answers with 500', 500, () => ({ status: 500 })],
  ['a handler that answers with 503, streaming', 503, () => ({ status: 503, body: sorry })],
  ['data that cannot be kept', 500, noJson],
  ['data that no cookie can hold', 500, tooBig],
]

async function* sorry(): AsyncGenerator<string> {
  yield 'Sorry'
}

function failures(given: Given): void {
  describe.each(ways)('%s', (_, status, fail) => {
    it('keeps a sign-out', async () => {
      const { ask, sessions, ...visited } = await serving(given, {
        '/': async (session) => {
          session.signOut()
          return fail(session)
        },
      })
      const { cookie } = await signedIn({ ...visited, sessions })
      const got = await ask('/', { cookie })

      expect([got.status, cookieNames(got)]).toEqual([status, ['-__Host-Http-session']])
      expect(privacyOf(got)).toEqual({ vary: 'Cookie', cacheControl: 'no-store' })
      expect((await sessions.open(cookie)).outcome).toBe('ended')
    })

    it('drops a sign-in, and the guest stays one', async () => {
      const { ask, sessions, ...visited } = await serving(given, {
        '/': async (session) => {
          session.signIn('ada')
          return fail(session)
        },
      })
      const { cookie } = await guest({ ...visited, sessions })
      const got = await ask('/', { cookie })

      expect([got.status, cookiesOf(got.headers)]).toEqual([status, {}])
      expect((await sessions.open(cookie)).outcome).toBe('active')
    })
  })

  it('a session that is unavailable, uncaught, is the 503 of the host, and says nothing more', async () => {
    const { ask } = await serving(given, { '/': unavailable })
    const got = await ask('/')

    expect([got.status, got.headers.get('Retry-After')]).toEqual([503, '1'])
    expect(cookieNames(got)).toEqual([])
    if (!given.host.showsErrors) expect(got.body).not.toContain('canary')
  })
}
