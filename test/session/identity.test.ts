import { describe, expect, it } from 'vitest'
import { sealedFormat } from '../../src/formats/sealed.ts'
import { readSecrets } from '../../src/formats/secrets.ts'
import { browser, cookiesOf, type Browser } from '../support/browser.ts'
import { guest, request, secrets, signedIn, visit, world, type World } from '../support/sessions.ts'

describe('sign-in', () => {
  it('makes a new session that has what the guest gathered, flash messages too', async () => {
    const visited = world()
    const visitor = await guest(visited, { cart: ['tea'] })
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'Welcome.'))
    const { id } = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'active', userId: 'ada', data: { cart: ['tea'] } })
    expect(session.takeFlashes()).toHaveLength(1)
    expect(session.id).not.toBe(id)
  })

  it('keeps only the keys of its carry option', async () => {
    const visited = world()
    const visitor = await guest(visited, { cart: ['tea'], theme: 'dark', step: 3 })
    await visit(visited.sessions, visitor, (session) => session.signIn('ada', { carry: ['theme', 'toString'] }))

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ theme: 'dark' })
  })

  it('never keeps another user’s data, also if that changed in this very request', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', {
      data: { letters: ['private'] },
      label: 'Firefox',
      remember: false,
    })
    await visit(visited.sessions, visitor, (session) => {
      session.data['draft'] = 'private'
      session.flash('info', 'private')
      session.signIn('eve', { carry: ['letters', 'draft'] })
      session.data['own'] = true
    })

    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ userId: 'eve', data: { own: true }, remember: true })
    expect(session.takeFlashes()).toEqual([])
  })

  it('ends the other user’s session', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada')
    const before = visitor.cookie
    await visit(visited.sessions, visitor, (session) => session.signIn('eve'))

    expect((await visited.sessions.open(before)).outcome).toBe('ended')
    expect(visited.events).toContainEqual(expect.objectContaining({ type: 'ended', userId: 'ada' }))
  })

  it('ends the guest’s session, so that its cookie opens nothing', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const before = visitor.cookie
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect(await visited.sessions.open(before)).toMatchObject({ outcome: 'ended', data: {} })
  })

  it('as the same user again renews the session and counts as a fresh sign-in', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] }, label: 'Firefox', remember: false })
    const before = visitor.cookie
    const { id } = await visited.sessions.open(before)
    visited.clock.advance(1000)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ id, userId: 'ada', signedInAt: visited.clock.now(), data: { cart: ['tea'] } })
    expect(session.remember).toBe(false)
    expect(session.signedInWithin(1)).toBe(true)
    expect((await visited.sessions.open(before)).outcome).toBe('ended')
  })

  it('begins when the request was opened, not when the password was right', async () => {
    const { sessions, clock } = world()
    const session = await sessions.open(null)
    const opened = clock.now()
    clock.advance(5)
    session.signIn('ada')

    expect(session.signedInAt).toBe(opened)
    expect(session.signedInWithin(1)).toBe(true)
  })

  it.each(['', undefined, null, 42, {}])('refuses %j as a user’s id', async (userId) => {
    const session = await world().sessions.open(null)

    expect(() => session.signIn(userId as string)).toThrow(expect.objectContaining({ code: 'ERR_USER_ID' }))
    expect(session.userId).toBeNull()
  })

  it('leaves nothing of a user who did not stay in the request', async () => {
    const visited = world()
    const visitor = browser()
    await visit(visited.sessions, visitor, (session) => {
      session.signIn('ada')
      session.data['private'] = 'of ada'
      session.signIn('eve')
    })

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'eve', data: {} })
  })
})

describe('renewal', () => {
  it('keeps the session and its id, and the old cookie opens nothing', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const before = visitor.cookie
    const { id, signedInAt, csrfToken } = await visited.sessions.open(before)
    visited.clock.advance(60)
    await visit(visited.sessions, visitor, (session) => session.renew())

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({
      outcome: 'active',
      userId: 'ada',
      id,
      signedInAt,
      csrfToken,
      data: { cart: ['tea'] },
    })
    expect(await visited.sessions.open(before)).toMatchObject({ outcome: 'ended', userId: null, data: {} })
  })

  it('of a guest: the old cookie opens nothing', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const before = visitor.cookie
    await visit(visited.sessions, visitor, (session) => session.renew())

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['tea'] } })
    expect((await visited.sessions.open(before)).outcome).toBe('ended')
  })

  it('of a visitor without a session does nothing', async () => {
    const { sessions } = world()

    expect((await request(sessions, null, (session) => session.renew())).getSetCookie()).toEqual([])
  })

  it('twice: of all the cookies only the newest opens', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const cookies = [visitor.cookie]
    for (let times = 0; times < 3; times++) {
      await visit(visited.sessions, visitor, (session) => session.renew())
      cookies.push(visitor.cookie)
    }
    const outcomes = await Promise.all(cookies.map(async (cookie) => (await visited.sessions.open(cookie)).outcome))

    expect(outcomes).toEqual(['ended', 'ended', 'ended', 'active'])
  })

  it('of two at once keeps the first', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const [one, other] = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    one.renew()
    other.renew()
    visitor.receive(await visited.sessions.commit(one))
    const second = await visited.sessions.commit(other)

    expect(cookiesOf(second)).toEqual({})
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
    expect(visited.events.at(-2)).toMatchObject({ type: 'refused', userId: 'ada' })
  })
})

describe('the csrf token', () => {
  it('is new at sign-in, and each session’s own', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const before = (await visited.sessions.open(visitor.cookie)).csrfToken
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    const session = await visited.sessions.open(visitor.cookie)
    const other = await visited.sessions.open((await signedIn(visited)).cookie)

    expect(session.isCsrfToken(session.csrfToken)).toBe(true)
    expect(session.isCsrfToken(before)).toBe(false)
    expect(session.isCsrfToken(other.csrfToken)).toBe(false)
  })

  it.each([undefined, null, '', 0, {}, [], 'ä'.repeat(43), '\0'])('%j is none', async (token) => {
    const visited = world()
    const session = await visited.sessions.open((await signedIn(visited)).cookie)

    expect(session.isCsrfToken(token)).toBe(false)
  })

  it('reading it changes nothing for who has a session', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const headers = await request(visited.sessions, visitor.cookie, (session) => void session.csrfToken)

    expect(headers.getSetCookie()).toEqual([])
  })
})

describe('the label', () => {
  const readLabel = ({ clock }: World, visitor: Browser) => {
    const context = { now: clock.now(), idleTimeout: 1e6, absoluteTimeout: 1e6, cookieName: '__Host-Http-session' }
    const opened = sealedFormat({ secrets: readSecrets(secrets, false) }).open(
      visitor.get('__Host-Http-session')!,
      context,
    )
    return opened.outcome === 'active' ? opened.token.label : opened.outcome
  }

  it('is sealed with the session, 40 characters of it, and stays when its user signs in again', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { label: 'Firefox on a Linux with a very long name indeed' })
    expect(readLabel(visited, visitor)).toBe('Firefox on a Linux with a very long name')

    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    expect(readLabel(visited, visitor)).toBe('Firefox on a Linux with a very long name')
    await visit(visited.sessions, visitor, (session) => session.signIn('ada', { label: null }))
    expect(readLabel(visited, visitor)).toBeNull()
  })

  it('is not another user’s', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { label: 'Firefox' })
    await visit(visited.sessions, visitor, (session) => session.signIn('eve'))

    expect(readLabel(visited, visitor)).toBeNull()
  })
})
