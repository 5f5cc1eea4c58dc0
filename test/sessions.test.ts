import { describe, expect, it } from 'vitest'
import { emptyToken, type Token } from '../src/core/token.ts'
import { sealedFormat } from '../src/formats/sealed.ts'
import { readSecrets } from '../src/formats/secrets.ts'
import { cookiesOf } from './support/browser.ts'
import { day } from './support/clock.ts'
import { guest, request, secrets, signedIn, visit, world } from './support/sessions.ts'

const user = '__Host-Http-session'
const guests = '__Host-Http-guest'

describe('a visitor without a session', () => {
  it('is sent nothing at all when the handler does nothing', async () => {
    const { sessions } = world()

    expect([...(await request(sessions, null))]).toEqual([])
  })

  it('is sent no cookie when the handler only reads', async () => {
    const { sessions } = world()
    const headers = await request(sessions, null, (session) => {
      expect(session).toMatchObject({ outcome: 'none', id: null, userId: null, signedInAt: null })
      expect(session.data).toEqual({})
      expect(session.takeFlashes()).toEqual([])
      expect(session.isCsrfToken('a')).toBe(false)
    })

    expect(headers.getSetCookie()).toEqual([])
  })

  it('gets a session of its own with the first data', async () => {
    const { sessions } = world()
    const visitor = await guest({ sessions, clock: world().clock }, { cart: ['tea'] })

    const session = await sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'active', userId: null, data: { cart: ['tea'] } })
    expect(session.id).toMatch(/^[\w-]{22}$/)
  })

  it('gets a session by reading the csrf token, so that the next request can prove it', async () => {
    const visited = world()
    const visitor = await guest(visited, {})
    let token = ''
    await visit(visited.sessions, visitor, (session) => (token = session.csrfToken))

    expect((await visited.sessions.open(visitor.cookie)).isCsrfToken(token)).toBe(true)
  })

  it('is sent nothing when it signs out', async () => {
    const { sessions } = world()
    const headers = await request(sessions, null, (session) => {
      session.data['cart'] = ['tea']
      session.signOut()
    })

    expect(headers.getSetCookie()).toEqual([])
  })
})

describe('the effect of each step on the two cookies', () => {
  it("a guest's data goes to the guest's cookie", async () => {
    const { sessions } = world()
    const headers = await request(sessions, null, (session) => (session.data['cart'] = ['tea']))

    expect(cookiesOf(headers)).toEqual({ [guests]: expect.stringMatching(/^[\w-]+$/) })
  })

  it("a sign-in sets the user's cookie, and clears the guest's only if there was one", async () => {
    const { sessions, clock } = world()
    const visitor = await guest({ sessions, clock })

    expect(cookiesOf(await request(sessions, null, (session) => session.signIn('ada')))).toEqual({
      [user]: expect.stringMatching(/./),
    })
    expect(cookiesOf(await request(sessions, visitor.cookie, (session) => session.signIn('ada')))).toEqual({
      [user]: expect.stringMatching(/./),
      [guests]: '',
    })
  })

  it("a user's data goes to the user's cookie", async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const headers = await request(visited.sessions, visitor.cookie, (session) => (session.data['cart'] = ['tea']))

    expect(Object.keys(cookiesOf(headers))).toEqual([user])
  })

  it('nothing is sent when nothing changed', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: [{ tea: 1 }] } })
    const headers = await request(visited.sessions, visitor.cookie, (session) => {
      session.data['cart'] = [{ tea: 1 }]
      session.data['cart'].push('milk')
      session.data['cart'].pop()
    })

    expect(headers.getSetCookie()).toEqual([])
  })

  it('a sign-out expires the cookies of the request, and nothing else', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const shopper = await guest(visited)

    expect(cookiesOf(await request(visited.sessions, visitor.cookie, (session) => session.signOut()))).toEqual({
      [user]: '',
    })
    expect(cookiesOf(await request(visited.sessions, shopper.cookie, (session) => session.signOut()))).toEqual({
      [guests]: '',
    })
  })

  it('a flash after a sign-out is a guest’s, who has nothing else of the session', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    await visit(visited.sessions, visitor, (session) => {
      session.flash('info', 'before')
      session.signOut()
      session.flash('info', 'You are signed out.')
    })

    const session = await visited.sessions.open(visitor.cookie)
    expect(visitor.get(user)).toBeUndefined()
    expect(session).toMatchObject({ outcome: 'active', userId: null, signedInAt: null, data: {} })
    expect(session.takeFlashes()).toEqual([{ category: 'info', message: 'You are signed out.' }])
  })

  it('a sign-out and a sign-in in one request leave one cookie, that of the new session', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { id } = await visited.sessions.open(visitor.cookie)
    const headers = await visit(visited.sessions, visitor, (session) => {
      session.signOut()
      session.signIn('ada')
    })

    expect(headers.getSetCookie()).toHaveLength(1)
    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'active', userId: 'ada', data: {} })
    expect(session.id).not.toBe(id)
  })

  it('a sign-in that is signed out in the same request leaves nothing', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const headers = await request(visited.sessions, visitor.cookie, (session) => {
      session.signIn('ada')
      session.signOut()
    })

    expect(cookiesOf(headers)).toEqual({ [guests]: '' })
  })

  it('a guest’s request never touches the user’s cookie that another tab got meanwhile', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const slow = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    slow.data['cart'] = ['milk']
    visitor.receive(await visited.sessions.commit(slow))

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
  })
})

describe('data that cannot be read', () => {
  it('costs its owner the data, not the sign-in', async () => {
    const { sessions, clock } = world()
    const format = sealedFormat({ secrets: readSecrets(secrets, false) })
    const now = clock.now()
    const token: Token = {
      ...emptyToken,
      identity: format.createIdentity!(),
      userId: 'ada',
      createdAt: now,
      signedInAt: now,
      lastSeenAt: now,
      remember: true,
      data: { cart: 'no JSON' },
    }
    const value = format.seal(token, { now, idleTimeout: day, absoluteTimeout: day, cookieName: user })
    const session = await sessions.open(`${user}=${value}`)

    expect(session).toMatchObject({ outcome: 'unreadable', userId: 'ada', data: {} })
    await expect(sessions.commit(session)).resolves.toBeDefined()
  })
})

describe('without a store', () => {
  it('says that nothing can be listed or revoked, and what to do', async () => {
    const { sessions } = world()

    expect(sessions.revocable).toBe(false)
    await expect(sessions.list('ada')).rejects.toMatchObject({ code: 'ERR_NO_STORE' })
    await expect(sessions.revoke('ada', 'id')).rejects.toMatchObject({ code: 'ERR_NO_STORE' })
    await expect(sessions.revokeAll('ada')).rejects.toThrow(/store/)
  })
})
