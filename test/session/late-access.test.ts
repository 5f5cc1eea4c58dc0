import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { hour } from '../support/clock.ts'
import { signedIn, visit, world } from '../support/sessions.ts'

describe('a session that nobody read before its commit', () => {
  it('is read no more, since its response left as one that caches may share', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    const headers = await visited.sessions.commit(session)

    expect([...headers]).toEqual([])
    for (const read of [() => session.userId, () => session.data, () => session.outcome, () => session.csrfToken]) {
      expect(read).toThrow(expect.objectContaining({ code: 'ERR_COMMITTED' }))
    }
  })

  it('may be read where its response is private all the same, since it set a cookie', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    const headers = await visited.sessions.commit(session)

    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(session.userId).toBe('ada')
  })
})

describe('a change after the response says that it is too late', () => {
  const changes: [string, (session: Session) => unknown][] = [
    ['session.signIn()', (session) => session.signIn('eve')],
    ['session.signOut()', (session) => session.signOut()],
    ['session.renew()', (session) => session.renew()],
    ['session.update()', (session) => session.update('n', () => 1)],
    ['session.flash()', (session) => session.flash('info', 'x')],
    ['session.takeFlashes()', (session) => session.takeFlashes()],
    ['session.data = …', (session) => (session.data = {})],
  ]

  it.each(changes)('of %s', async (name, change) => {
    const visited = world()
    for (const cookie of ['', (await signedIn(visited)).cookie]) {
      for (const isRead of [true, false]) {
        const session = await visited.sessions.open(cookie)
        if (isRead) void session.userId
        await visited.sessions.commit(session)

        expect(() => change(session)).toThrow(`${name} came too late: the response was already sent`)
      }
    }
  })

  it('of a long value', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { essay: 'x'.repeat(500) } })
    const session = await visited.sessions.open(visitor.cookie)
    const { data } = session
    await visited.sessions.commit(session)

    expect(() => (data['essay'] = 'y')).toThrow('session.data.essay came too late: the response was already sent')
  })
})

describe('a slow request that only reads', () => {
  it('does not put back what another one changed meanwhile', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    visited.clock.advance(hour)
    const slow = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    visitor.receive(await visited.sessions.commit(slow))

    expect((await visited.sessions.open(visitor.cookie)).data['cart']).toEqual(['tea'])
  })

  it('is written down as use where nothing else was', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    visited.clock.advance(hour)
    const slow = await visited.sessions.open(visitor.cookie)

    expect((await visited.sessions.commit(slow)).getSetCookie()).toHaveLength(1)
  })
})

describe('signing in with options that mean nothing', () => {
  it.each([
    ['a form value for remember', { remember: 'off' }],
    ['null for remember', { remember: null }],
    ['a text for carry', { carry: 'cart' }],
    ['a number for label', { label: 5 }],
    ['a name that is misspelt', { rememberMe: true }],
  ])('%s is refused with words, and nobody is signed in', async (_, options) => {
    const { sessions } = world()
    const session = await sessions.open(null)

    expect(() => session.signIn('ada', options as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
    expect(session.userId).toBeNull()
  })
})
