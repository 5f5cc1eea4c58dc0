import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { guest, request, signedIn, visit, world } from '../support/sessions.ts'

describe('a failed response', () => {
  it('keeps no sign-in, no data, no flash message', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const headers = await visit(
      visited.sessions,
      visitor,
      (session) => {
        session.data['cart'].push('milk')
        session.flash('info', 'Welcome.')
        session.signIn('ada')
      },
      { failed: true },
    )

    expect(cookiesOf(headers)).toEqual({})
    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'active', userId: null, data: { cart: ['tea'] } })
    expect(session.takeFlashes()).toEqual([])
  })

  it('keeps no renewal: the cookie that its visitor has still opens', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => session.renew(), { failed: true })

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('keeps another user’s session where that user’s successor did not come in', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    await visit(visited.sessions, visitor, (session) => session.signIn('eve'), { failed: true })

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
  })

  it('keeps a sign-out, also one that a sign-in followed', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const before = visitor.cookie
    const headers = await visit(
      visited.sessions,
      visitor,
      (session) => {
        session.signOut()
        session.flash('info', 'You are signed out.')
        session.signIn('eve')
      },
      { failed: true },
    )

    expect(cookiesOf(headers)).toEqual({ '__Host-Http-session': '' })
    expect((await visited.sessions.open(before)).outcome).toBe('ended')
  })

  it('keeps that the session was used', async () => {
    const visited = world({ idleTimeout: 1000, touchAfter: 0 })
    const visitor = await signedIn(visited)
    visited.clock.advance(999)
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = []), { failed: true })
    visited.clock.advance(999)

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: {} })
  })

  it('in the background does not count as use', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const options = { failed: true, background: true }

    expect(cookiesOf(await request(visited.sessions, visitor.cookie, undefined, options))).toEqual({})
  })
})

describe('a commit', () => {
  it('happens once: a second one, and a change after it, is refused', async () => {
    const { sessions } = world()
    const session = await sessions.open(null)
    session.data['cart'] = ['tea']
    await sessions.commit(session)

    await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_COMMITTED' })
    const changes = [
      () => session.signIn('ada'),
      () => session.signOut(),
      () => session.renew(),
      () => session.flash('info', 'Saved.'),
      () => session.takeFlashes(),
      () => session.update('cart', () => []),
      () => void (session.data = {}),
    ]
    for (const change of changes) expect(change).toThrow(expect.objectContaining({ code: 'ERR_COMMITTED' }))
  })

  it('leaves the session readable, with the id that it got', async () => {
    const { sessions } = world()
    const session = await sessions.open(null)
    session.signIn('ada')
    session.data['cart'] = ['tea']
    expect(session.id).toBeNull()
    await sessions.commit(session)

    expect(session).toMatchObject({ id: expect.stringMatching(/./), userId: 'ada', data: { cart: ['tea'] } })
  })

  it.each([
    ['a value that is set', (session: Session) => (session.data['theme'] = 'dark')],
    ['a value that is removed', (session: Session) => delete session.data['cart']],
  ])('is not followed by a change that nobody notices: %s', async (_, change) => {
    const { sessions } = world()
    const session = await sessions.open(null)
    session.data['cart'] = ['tea']
    await sessions.commit(session)

    expect(() => change(session)).toThrow(/committed|commit|read.only|extensible|frozen|delete/)
  })

  it.each([
    ['ERR_DATA', { at: new Date() }],
    ['ERR_COOKIE_TOO_BIG', { essay: 'x'.repeat(5000) }],
  ])('that throws %s has done nothing, and can be made again as failed', async (code, data) => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    session.signOut()
    Object.assign(session.data, data)

    await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code })
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
    expect(visited.events.filter(({ type }) => type === 'ended')).toEqual([])

    visitor.receive(await visited.sessions.commit(session, { failed: true }))
    expect(visitor).toMatchObject({ cookie: '' })
    expect(visited.events.filter(({ type }) => type === 'ended')).toHaveLength(1)
  })

  it('that throws keeps the guest’s session alive, whose user was about to sign in', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const session = await visited.sessions.open(visitor.cookie)
    session.signIn('ada')
    session.data['at'] = new Date()

    await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_DATA' })
    visitor.receive(await visited.sessions.commit(session, { failed: true }))
    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: null, data: { cart: ['tea'] } })
  })
})
