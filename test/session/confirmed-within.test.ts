import { describe, expect, it } from 'vitest'
import type { Session, SessionsOptions } from '../../src/index.ts'
import { hour } from '../support/clock.ts'
import { copyWorld, outcomesInOutage, stopTime } from '../support/outages.ts'
import { request, signedIn, visit, world, type World } from '../support/sessions.ts'
import { storeWorld, tokenIn } from '../support/stores.ts'

const kinds: [string, (options?: SessionsOptions) => World][] = [
  ['in cookies', world],
  ['in a store', storeWorld],
  ['in a store, with copies in cookies', (options) => storeWorld({ unconfirmedFor: 600, ...options })],
]

const within = (session: Session, seconds: number, ...methods: (string | undefined)[]) =>
  methods.map((method) => session.confirmedWithin(seconds, { method }))

describe.each(kinds)('how a user proved who they are, %s', (where, make) => {
  it('is known from the sign-in, for as many seconds as are asked', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { method: 'hwk' })
    visited.clock.advance(299.999)
    expect(within(await visited.sessions.open(visitor.cookie), 300, undefined, 'hwk', 'otp')).toEqual([
      true,
      true,
      false,
    ])
    visited.clock.advance(0.001)
    expect(within(await visited.sessions.open(visitor.cookie), 300, undefined, 'hwk')).toEqual([false, false])
  })

  it('is that they signed in, if no method is named', async () => {
    const visited = make()
    const visitor = await signedIn(visited)

    expect(within(await visited.sessions.open(visitor.cookie), 300, undefined, 'pwd')).toEqual([true, false])
    expect((await visited.sessions.open(null)).confirmedWithin(300)).toBe(false)
  })

  it('is known from confirm, in the same request and later, beside the sign-in', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { method: 'pwd' })
    visited.clock.advance(hour)
    const { signedInAt } = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => {
      expect(session.confirmedWithin(300)).toBe(false)
      session.confirm('otp')
      expect(within(session, 300, undefined, 'otp', 'pwd')).toEqual([true, true, false])
    })

    const session = await visited.sessions.open(visitor.cookie)
    expect(within(session, 300, undefined, 'otp', 'pwd')).toEqual([true, true, false])
    expect(session.confirmedWithin(hour + 1, { method: 'pwd' })).toBe(true)
    expect([session.signedInAt, session.signedInWithin(300)]).toEqual([signedInAt, false])
  })

  it('renews the session: the id stays, and the old cookie opens nothing', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const { cookie } = visitor
    const { id } = await visited.sessions.open(cookie)
    await visit(visited.sessions, visitor, (session) => session.confirm('otp'))

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ id, userId: 'ada', data: { cart: ['tea'] } })
    expect(await visited.sessions.open(cookie)).toMatchObject({ outcome: 'ended', userId: null })
  })

  it('is kept of the eight latest methods, each once', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { method: 'pwd' })
    for (const method of ['m1', 'm2', 'm3', 'm1', 'm4', 'm5', 'm6', 'm7', 'm8']) {
      visited.clock.advance(1)
      await visit(visited.sessions, visitor, (session) => session.confirm(method))
    }

    const now = visited.clock.now()
    const kept = [['m3', 6], ['m1', 5], ['m4', 4], ['m5', 3], ['m6', 2], ['m7', 1], ['m8', 0]] // prettier-ignore
    const methods = [['m2', 7], ...kept].map(([name, seconds]) => [name, now - Number(seconds) * 1000])
    const token = tokenIn('__Host-Http-session', visitor.get('__Host-Http-session'), now)
    if (where !== 'in a store') expect(token.methods).toEqual(methods)
    if (where !== 'in cookies') expect(await visited.sessions.list('ada')).toMatchObject([{ methods }])
  })

  it('survives a renewal and a sign-in of the same user, and no other', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { method: 'pwd' })
    await visit(visited.sessions, visitor, (session) => session.renew())
    await visit(visited.sessions, visitor, (session) => session.signIn('ada', { method: 'hwk' }))
    expect(within(await visited.sessions.open(visitor.cookie), 300, 'pwd', 'hwk')).toEqual([true, true])

    const leave = (session: Session) => {
      session.signOut()
      session.flash('info', 'You are signed out.')
    }
    for (const handle of [(session: Session) => session.signIn('eve'), leave]) {
      const other = await signedIn(visited, 'ada', { method: 'pwd' })
      await visit(visited.sessions, other, handle)
      expect(within(await visited.sessions.open(other.cookie), 300, 'pwd')).toEqual([false])
    }
  })

  it('is not what a failed response confirmed', async () => {
    const visited = make()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => session.confirm('otp'), { failed: true })

    expect(within(await visited.sessions.open(visitor.cookie), 300, 'otp')).toEqual([false])
  })

  it('is not said of a guest, nor by a bad name', async () => {
    const visited = make()
    const session = await visited.sessions.open((await signedIn(visited)).cookie)
    for (const name of ['', 'a b', 'é', 'x'.repeat(33), '"', null, undefined, 7, {}]) {
      expect(() => session.confirm(name as string)).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
      if (name === undefined) continue
      const signIn = () => session.signIn('ada', { method: name as string })
      expect(signIn).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
    }
    session.confirm('x'.repeat(32))
    await visited.sessions.commit(session)
    expect(() => session.confirm('otp')).toThrow(expect.objectContaining({ code: 'ERR_COMMITTED' }))

    await request(visited.sessions, null, (guest) => {
      expect(() => guest.confirm('otp')).toThrow(expect.objectContaining({ code: 'ERR_USER_ID' }))
      expect(guest.confirmedWithin(300)).toBe(false)
    })
  })
})

it('a session that the store adopts brings along how its user proved who they are', async () => {
  const before = world()
  const visitor = await signedIn(before, 'ada', { method: 'hwk' })
  const visited = storeWorld({}, undefined, before.clock)
  await visit(visited.sessions, visitor)

  const methods = [['hwk', before.clock.now()]]
  expect(await visited.sessions.list('ada')).toMatchObject([{ methods }])
  expect((await visited.sessions.open(visitor.cookie)).confirmedWithin(1, { method: 'hwk' })).toBe(true)
})

describe('in an outage', () => {
  stopTime()

  it('the copy says how the user proved who they are, and nothing more can be confirmed', async () => {
    const visited = copyWorld()
    const { cookie } = await signedIn(visited, 'ada', { method: 'hwk' })
    expect(await outcomesInOutage(visited, cookie)).toContain('unconfirmed')
    const session = await visited.sessions.open(cookie)

    expect(within(session, 300, 'hwk', 'otp')).toEqual([true, false])
    expect(() => session.confirm('otp')).toThrow(expect.objectContaining({ status: 503 }))
  })
})
