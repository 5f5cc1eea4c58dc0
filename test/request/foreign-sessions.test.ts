import { describe, expect, it } from 'vitest'
import type { CookieOptions } from '../../src/cookies/cookie-options.ts'
import type { ForeignContext, ForeignSession, ForeignSessions } from '../../src/cookies/foreign.ts'
import type { Token } from '../../src/core/token.ts'
import { browser } from '../support/browser.ts'
import { stopTime, wait } from '../support/outages.ts'
import { request, signedIn, visit, world } from '../support/sessions.ts'
import { gone, storeWorld } from '../support/stores.ts'
import { noon, token } from '../support/tokens.ts'

/** Reads a session of nobody's library. */
function library(given: Partial<Token> | null | (() => Promise<never>), cookies: CookieOptions[] = [{ name: 'sid' }]) {
  const headers: string[] = []
  const reader: ForeignSessions = {
    name: 'library',
    async open(header) {
      headers.push(header)
      if (typeof given === 'function') return given()
      if (given === null || !/(?:^|; )sid=/.test(header)) return null
      const identity = { id: 'foreign', secret: 'foreign secret' }
      return { token: { ...token, identity, createdAt: noon, signedInAt: noon, label: null, ...given }, cookies }
    },
  }
  return Object.assign(reader, { headers })
}

const guest = { userId: null, signedInAt: null, identity: { id: 'guest', secret: 'foreign secret' } }
const sid = 'sid=1'

describe('accept', () => {
  it('deletes their cookies beside ours, where they are', async () => {
    const cookies: CookieOptions[] = [
      { name: 'sid', domain: 'example.com', path: '/shop', sameSite: 'none', partitioned: true },
      { name: '__Host-sid' },
      { name: '__Host-sid' },
    ]
    const { sessions } = storeWorld({ accept: [library({}, cookies)] })
    expect((await request(sessions, sid)).getSetCookie()).toEqual([
      'sid=; Max-Age=0; Path=/shop; Domain=example.com; Secure; HttpOnly; SameSite=None; Partitioned',
      '__Host-sid=; Max-Age=0; Path=/; Secure; HttpOnly',
      expect.stringMatching(/^__Host-Http-session=/),
    ])
  })

  it('replaces a foreign cookie by ours if both are the same cookie, and nowhere else', async () => {
    const cookie = { name: 'sid', domain: 'Example.com', secure: false }
    const foreignCookies: CookieOptions[] = [{ name: 'sid', domain: 'example.com' }, { name: 'sid' }]
    const { sessions } = storeWorld({ cookie, accept: [library({}, foreignCookies)] })
    expect((await request(sessions, sid)).getSetCookie()).toEqual([
      'sid=; Max-Age=0; Path=/; HttpOnly',
      expect.stringMatching(/^sid=[\w-]{90,}; .*Domain=Example.com/),
    ])
  })

  it('deletes the cookie that had the name of ours when its guest continues in the cookie of guests', async () => {
    const cookie = { name: 'sid', secure: false }
    const { sessions } = storeWorld({ cookie, accept: [library(guest)] })
    expect((await request(sessions, sid)).getSetCookie()).toEqual([
      'sid=; Max-Age=0; Path=/; HttpOnly',
      expect.stringMatching(/^sid-guest=[\w-]{90,}/),
    ])
  })

  it('prefers ours, and signs out of both', async () => {
    const w = storeWorld({ accept: [library({ userId: 'eve' })] })
    const visitor = await signedIn(w)
    visitor.put('sid', '1')
    await visit(w.sessions, visitor, (session) => expect(session.userId).toBe('ada'))
    expect(visitor.get('sid')).toBe('1')
    await visit(w.sessions, visitor, (session) => session.signOut())
    expect(visitor.cookie).toBe('')
    expect((await w.sessions.open(sid)).outcome).toBe('ended')
  })

  it('asks for foreign sessions only if no user is signed in by ours, and at a sign-out', async () => {
    const foreign = library(null)
    const w = storeWorld({ accept: [foreign] })
    const visitor = await signedIn(w)
    foreign.headers.length = 0
    await visit(w.sessions, visitor, (session) => expect(session.userId).toBe('ada'))
    await visit(w.sessions, visitor, (session) => session.signIn('ada'))
    expect(foreign.headers.length).toBe(0)
    const { cookie } = visitor
    await visit(w.sessions, visitor, (session) => session.signOut())
    expect(foreign.headers).toEqual([cookie])
    await visit(w.sessions, visitor)
    expect(foreign.headers.length).toBe(2)
  })

  it('takes over who is signed in there and a guest here', async () => {
    const { sessions } = storeWorld({ accept: [library({})] })
    const visitor = browser()
    await visit(sessions, visitor, (session) => void (session.data['cart'] = ['jam']))
    visitor.put('sid', '1')
    await visit(sessions, visitor, (session) => expect(session.userId).toBe('ada'))
    expect(visitor.cookie).toMatch(/__Host-Http-session=[\w-]+$/)
  })

  it('takes over nobody who was signed out here, by whichever of their cookies', async () => {
    for (const end of ['signOut', 'revoke'] as const) {
      const of = (userId: string | null) =>
        library({ userId, identity: { id: `of ${userId}`, secret: 'another secret' } })
      const w = storeWorld({ accept: [of('ada')] })
      const visitor = await signedIn(w)
      const { id } = await w.sessions.open(visitor.cookie)
      // In another tab, whose response is still on its way.
      if (end === 'signOut') await request(w.sessions, visitor.cookie, (session) => session.signOut())
      if (end === 'revoke') await w.sessions.revoke('ada', id!)
      visitor.put('sid', '1')
      const outcome = end === 'signOut' ? 'ended' : 'revoked'
      expect(await w.sessions.open(visitor.cookie)).toMatchObject({ outcome, userId: null })
      expect((await request(w.sessions, visitor.cookie)).getSetCookie()).toEqual([])
      // Another sign-in there meanwhile is no reason to refuse them, nor to lose a guest's data.
      const { sessions } = storeWorld({ accept: [of('bob')] }, w.store)
      expect((await sessions.open(visitor.cookie)).userId).toBe('bob')
      const guests = storeWorld({ accept: [of(null)] }, w.store)
      expect((await guests.sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
    }
  })

  it('deletes the foreign cookie if another user signs in, so that it signs nobody in later', async () => {
    const w = storeWorld({ accept: [library({})] })
    const visitor = await signedIn(w)
    visitor.put('sid', '1')
    await visit(w.sessions, visitor, (session) => session.signIn('bob'), { failed: true })
    expect(visitor.get('sid')).toBe('1')
    await visit(w.sessions, visitor, (session) => session.signIn('bob'))
    expect(visitor.cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
  })

  it('keeps the foreign cookie if the commit of a sign-in as another user fails', async () => {
    const w = world({ accept: [library({})] })
    const { sessions } = w
    const session = await sessions.open(`${(await signedIn(w)).cookie}; ${sid}`)
    session.signIn('bob')
    session.data['large'] = 'x'.repeat(5000)
    await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_COOKIE_TOO_BIG' })

    expect((await sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
  })

  it('leaves the foreign cookie where it is, if configured, until a sign-out', async () => {
    const foreign = library({})
    const open = async (header: string, context: ForeignContext): Promise<ForeignSession | null> => {
      const found = await foreign.open(header, context)
      return found && { ...found, stays: true }
    }
    const { sessions } = storeWorld({ accept: [{ name: 'library', open }] })
    const visitor = browser()
    visitor.put('sid', '1')
    await visit(sessions, visitor)
    expect(visitor.cookie).toMatch(/^sid=1; __Host-Http-session=[\w-]+$/)
    await visit(sessions, visitor, (session) => session.signOut())
    expect(visitor.cookie).toBe('')
    expect((await sessions.open(sid)).outcome).toBe('ended')
  })

  it('ends the foreign session, and deletes its cookie, also if the handler fails after the sign-out', async () => {
    const { sessions } = storeWorld({ accept: [library({})] })
    const headers = await request(sessions, sid, (session) => session.signOut(), { failed: true })
    expect(headers.getSetCookie()).toEqual(['sid=; Max-Age=0; Path=/; Secure; HttpOnly'])
    expect((await sessions.open(sid)).outcome).toBe('ended')
  })

  it('says why a user is not adopted, and changes no cookie', async () => {
    const { sessions } = storeWorld({ accept: [library({})] })
    const { id } = await sessions.open(sid)
    await sessions.revoke('ada', id!)
    const session = await sessions.open(sid)
    expect(session).toMatchObject({ outcome: 'revoked', userId: null })
    expect((await sessions.commit(session)).getSetCookie()).toEqual([])
  })

  it('signs in as another user, and the foreign session is over', async () => {
    const { sessions } = storeWorld({ accept: [library({})] })
    const visitor = browser()
    visitor.put('sid', '1')
    await visit(sessions, visitor, (session) => session.signIn('bob'))
    expect(visitor.cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
    expect((await sessions.open(sid)).outcome).toBe('ended')
  })

  it('takes who is signed in of several, and signs out of all', async () => {
    const accept = [library(guest), library({}, [{ name: 'other' }])]
    const { sessions } = storeWorld({ accept })
    const session = await sessions.open(sid)
    expect(session.userId).toBe('ada')
    session.signOut()
    expect((await sessions.commit(session)).getSetCookie()).toEqual([
      'sid=; Max-Age=0; Path=/; Secure; HttpOnly',
      'other=; Max-Age=0; Path=/; Secure; HttpOnly',
    ])
  })

  it('does not ask in vain: a guest of ours continues as ours', async () => {
    const w = storeWorld({ accept: [library(guest)] })
    const visitor = browser({ now: w.clock.now })
    await visit(w.sessions, visitor, (session) => void (session.data['cart'] = ['jam']))
    visitor.put('sid', '1')
    expect((await w.sessions.open(visitor.cookie)).data).toEqual({ cart: ['jam'] })
  })
})

describe('accept, while their store cannot be asked', () => {
  const down = library(async () => Promise.reject(gone))
  const hung = library(() => new Promise(() => {}))

  it.each([
    ['fails', down],
    ['does not answer', hung],
    ['throws', { name: 'library', open: () => { throw gone } }], // prettier-ignore
  ])('is a 503, and no cookie changes: it %s', async (_, reader) => {
    const { sessions } = storeWorld({ accept: [reader], storeTimeout: 0.05 })
    const session = await sessions.open(sid)
    expect(session.outcome).toBe('unavailable')
    expect(() => session.data).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 }))
    expect((await sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
  })

  it('is a guest, if configured', async () => {
    const { sessions } = storeWorld({ accept: [down], whenUnavailable: 'guest' })
    expect((await sessions.open(sid)).userId).toBeNull()
  })

  it('is a 503 if the library does not answer that a session was adopted or signed out', async () => {
    const notified: boolean[] = []
    const foreign = { isUp: false, isSilent: false }
    const notify = async (isSignedOut: boolean): Promise<void> => {
      notified.push(isSignedOut)
      if (foreign.isSilent) await new Promise(() => {})
      if (!foreign.isUp) throw gone
    }
    const open = async (header: string, context: ForeignContext): Promise<ForeignSession | null> => {
      const found = await library({}).open(header, context)
      return found && { ...found, stays: true, settle: notify }
    }
    const w = storeWorld({ accept: [{ name: 'library', open }], storeTimeout: 0.05 })
    const visitor = browser()
    visitor.put('sid', '1')
    // No user was adopted.
    w.store.fail(['read'], 'before', 1)
    expect((await w.sessions.open(sid)).outcome).toBe('unavailable')
    expect(notified).toEqual([])
    for (const isSilent of [false, true]) {
      foreign.isSilent = isSilent
      const session = await w.sessions.open(sid)
      expect(session.outcome).toBe('unavailable')
      expect((await w.sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
    }
    Object.assign(foreign, { isUp: true, isSilent: false })
    await visit(w.sessions, visitor, (session) => expect(session.userId).toBe('ada'))
    expect(notified).toEqual([false, false, false])
    // A visitor with a session of ours does not use the foreign one.
    foreign.isUp = false
    await visit(w.sessions, visitor, (session) => expect(session.userId).toBe('ada'))
    expect(notified).toHaveLength(3)
    const leaving = await w.sessions.open(visitor.cookie)
    leaving.signOut()
    await expect(w.sessions.commit(leaving)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', cause: gone })
    visitor.receive(await w.sessions.commit(leaving, { failed: true }))
    expect(notified.slice(3)).toEqual([true, true])
    expect(visitor.cookie).toBe('')
    expect((await w.sessions.open(sid)).outcome).toBe('ended')
  })

  it('continues with ours, and with the sessions of another library', async () => {
    const w = storeWorld({ accept: [down] })
    const visitor = await signedIn({ ...w, sessions: world().sessions })
    expect((await w.sessions.open(visitor.cookie)).userId).toBe('ada')
    const { sessions } = storeWorld({ accept: [down, library({})] })
    expect((await sessions.open(sid)).userId).toBe('ada')
  })

  it('does not report a user as signed out whom the next request would adopt', async () => {
    const w = storeWorld({ accept: [down] })
    const visitor = await signedIn({ ...w, sessions: world().sessions })
    const session = await w.sessions.open(`${visitor.cookie}; ${sid}`)
    session.signOut()
    await expect(w.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', cause: gone })
    // Ours ends all the same, and nobody is asked again.
    const headers = await w.sessions.commit(session, { failed: true })
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-Http-session=; Max-Age=0/)])
    expect((await w.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
  })

  it('does not wait for it if there is a session of ours', async () => {
    const w = storeWorld({ accept: [hung], storeTimeout: 5 })
    const visitor = await signedIn({ ...w, sessions: world().sessions })
    visitor.put('sid', '1')
    const from = performance.now()
    await visit(w.sessions, visitor, (session) => expect(session.userId).toBe('ada'))
    expect(performance.now() - from).toBeLessThan(1000)
  })

  it('waits once for an end, however often it is asked for', async () => {
    const failing = library(async () => Promise.reject(gone))
    const w = storeWorld({ accept: [failing] })
    const visitor = await signedIn({ ...w, sessions: world().sessions })
    const session = await w.sessions.open(`${visitor.cookie}; ${sid}`)
    session.signOut()
    await expect(w.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
    await w.sessions.commit(session, { failed: true })
    expect(failing.headers.length).toBe(1)
  })

  describe('with a stopped clock', () => {
    stopTime()

    it('is left alone when it left five questions without an answer, but for one in a second', async () => {
      const foreign = { asked: 0, isUp: false, isWrong: false }
      const open = async (header: string, { ask }: ForeignContext): Promise<ForeignSession | null> => {
        if (!header.includes('sid=')) return null
        await ask!(async () => {
          foreign.asked++
          if (foreign.isWrong) throw new Error('invalid id')
          if (!foreign.isUp) await new Promise(() => {})
        })
        return library({}).open(header, {} as ForeignContext)
      }
      const { sessions } = storeWorld({ accept: [{ name: 'library', open }], storeTimeout: 0.05 })
      const open503 = async () => expect((await sessions.open(sid)).outcome).toBe('unavailable')
      const hang = async (count: number) => {
        const waiting = Array.from({ length: count }, open503)
        await wait(0.1)
        await Promise.all(waiting)
      }
      await sessions.open('other=1') // loads what asks them
      await hang(5)
      for (let times = 0; times < 100; times++) {
        await open503()
        // No other visitor is affected.
        expect((await sessions.open('other=1')).outcome).toBe('none')
      }
      expect(foreign.asked).toBe(5)

      await wait(1)
      await hang(1)
      for (let times = 0; times < 100; times++) await open503()
      expect(foreign.asked).toBe(6)
      expect((await sessions.commit(await sessions.open(sid), { failed: true })).getSetCookie()).toEqual([])

      // An error is an answer: an odd id must not use up the one call in a second.
      foreign.isWrong = true
      await wait(1)
      await open503()
      foreign.isWrong = false
      foreign.isUp = true
      expect((await sessions.open(sid)).outcome).toBe('active')
      expect((await sessions.open(sid)).userId).toBe('ada')
    })
  })
})
