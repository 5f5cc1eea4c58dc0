import { describe, expect, it } from 'vitest'
import type { SessionRecord } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { day, hour } from '../support/clock.ts'
import { request, signedIn, visit } from '../support/sessions.ts'
import { storeWorld, tokenIn } from '../support/stores.ts'

const user = '__Host-Http-session'

describe('a sign-in, with a store', () => {
  it('makes a record, and a cookie with the identity and no data', async () => {
    const visited = storeWorld()
    const { now } = visited.clock
    const visitor = await signedIn(visited, 'ada', { label: 'Firefox on Linux', data: { cart: ['tea'] } })
    const [record] = await visited.store.records()

    expect(record).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      secretHash: expect.stringMatching(/^[\w-]{43}$/),
      version: 1,
      userId: 'ada',
      createdAt: now(),
      signedInAt: now(),
      lastSeenAt: now(),
      expiresAt: now() + 7 * day * 1000,
      remember: true,
      label: 'Firefox on Linux',
      idleTimeout: null,
      absoluteTimeout: null,
      methods: [],
      data: { cart: '["tea"]' },
    })
    const token = tokenIn(user, visitor.get(user), now())
    expect(token).toMatchObject({ identity: { id: record!.id }, data: null, label: null, confirmedAt: now() })
    expect(JSON.stringify(record)).not.toContain(token.identity!.secret)
  })

  it('as another user ends the session that there was, and keeps none of its data', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signIn('eve'))

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'eve', data: {} })
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('that failed makes no record', async () => {
    const visited = storeWorld()
    const headers = await request(visited.sessions, null, (session) => session.signIn('ada'), { failed: true })

    expect(headers.getSetCookie()).toEqual([])
    expect(visited.store.calls).toEqual([])
  })
})

describe.each<[string, (session: Parameters<NonNullable<Parameters<typeof visit>[2]>>[0]) => void]>([
  ['signing in again as the same user', (session) => session.signIn('ada')],
  ['a renewal', (session) => session.renew()],
])('%s, with a store', (name, renew) => {
  it('keeps the id, the record and the data, and the old cookie opens nothing', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { cookie } = visitor
    const { id } = await visited.sessions.open(cookie)
    visited.clock.advance(hour / 2)
    await visit(visited.sessions, visitor, (session) => {
      renew(session)
      session.data['seen'] = true
    })

    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'active', id, data: { cart: ['tea'], seen: true } })
    const again = name.startsWith('signing')
    expect(session.signedInAt).toBe(visited.clock.now() - (again ? 0 : 1800_000))
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.store.records()).toHaveLength(1)
  })

  it('happens once: of two at the same time one is refused, and sets no cookie', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const both = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    for (const session of both) renew(session)
    const headers = await Promise.all(both.map((session) => visited.sessions.commit(session)))

    expect(headers.map((each) => each.getSetCookie().length)).toEqual([1, 0])
    visitor.receive(headers[0]!)
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('lets a request that is under way with the old cookie change nothing', async () => {
    const visited = storeWorld({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const slow = await visited.sessions.open(visitor.cookie)
    const slowReader = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, renew)
    slow.data['cart'] = ['tea']

    for (const session of [slow, slowReader]) {
      expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
      expect(visited.events.at(-1)!.type).toBe('refused')
    }
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({})
  })

  it('is dropped by a failed response, and the cookie still opens', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, renew, { failed: true })

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })
})

describe('signing in again', () => {
  it('moves the absolute limit of the record, and keeps or changes label and remember', async () => {
    const visited = storeWorld({ absoluteTimeout: 10 * day })
    const visitor = await signedIn(visited, 'ada', { label: 'Firefox' })
    visited.clock.advance(5 * day)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    visited.clock.advance(6 * day)
    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', remember: true })
    expect(await visited.sessions.list('ada')).toMatchObject([{ label: 'Firefox', remember: true }])

    await visit(visited.sessions, visitor, (session) => session.signIn('ada', { label: 'Opera', remember: false }))
    expect(await visited.sessions.list('ada')).toMatchObject([{ label: 'Opera', remember: false }])
  })
})

describe('a sign-out, with a store', () => {
  it('leaves an ending until no cookie of the session can open, and nothing else', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { cookie } = visitor
    const { id } = await visited.sessions.open(cookie)
    const signedInAt = visited.clock.now()
    visited.clock.advance(day)
    const headers = await visit(visited.sessions, visitor, (session) => session.signOut())

    expect(cookiesOf(headers)).toEqual({ [user]: '' })
    expect(await visited.store.read({ id: id!, userId: 'ada' })).toEqual({
      ended: 'signed-out',
      endedAt: visited.clock.now(),
      expiresAt: signedInAt + 30 * day * 1000,
    })
    // Another process, that remembers nothing.
    const other = storeWorld({}, visited.store, visited.clock)
    expect((await other.sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('keeps a message for the next page, as a guest’s', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => {
      session.signOut()
      session.flash('info', 'You are signed out.')
    })

    const session = await visited.sessions.open(visitor.cookie)
    expect(session.userId).toBeNull()
    expect(session.takeFlashes()).toEqual([{ category: 'info', message: 'You are signed out.' }])
  })

  it('ends the session also where the response failed', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signOut(), { failed: true })

    expect(visitor.cookie).toBe('')
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })
})

it('a record of another user under the id of a cookie does not belong to its bearer', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  const [record] = (await visited.store.records()) as [SessionRecord]
  const store = { ...visited.store, read: async () => ({ ...record, userId: 'eve' }) }

  expect(await storeWorld({ store }, undefined, visited.clock).sessions.open(visitor.cookie)).toMatchObject({
    outcome: 'ended',
    userId: null,
  })
})

it('a sign-out with a cookie that was renewed meanwhile ends the session, whenever the renewed cookie arrives', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  const late = await request(visited.sessions, visitor.cookie, (session) => session.renew())
  await visit(visited.sessions, visitor, (session) => session.signOut())
  visitor.receive(late)

  expect((await visited.sessions.open(visitor.cookie)).userId).toBeNull()
  expect(await visited.sessions.list('ada')).toEqual([])
})
