import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { browser, cookiesOf, readSetCookie } from '../support/browser.ts'
import { hour, stoppedClock } from '../support/clock.ts'
import { guest, request, secret, signedIn, visit, world } from '../support/sessions.ts'

const [old, young] = [secret('old'), secret('young')]

/** The `secrets` of a server, one roll-out after another. */
const stages = [[old], [old, young], [young, old]]

/** Every order in which two servers can go through both steps, each step finished everywhere before the next begins. */
const orders = [
  ['one', 'two', 'one', 'two'],
  ['one', 'two', 'two', 'one'],
  ['two', 'one', 'one', 'two'],
  ['two', 'one', 'two', 'one'],
] as const

it.each(orders)('two servers, rotated %s, %s, then %s, %s: nobody is signed out', async (...order) => {
  const clock = stoppedClock()
  const stage = { one: 0, two: 0 }
  const server = (name: 'one' | 'two') => servers[name].sessions
  const servers = { one: world({ secrets: stages[0]! }, clock), two: world({ secrets: stages[0]! }, clock) }
  const users = Array.from({ length: 6 }, (_, index) => `user ${index}`)
  const visitors = await Promise.all(users.map(async (userId) => signedIn(servers.one, userId)))
  const shopper = await guest(servers.two)

  async function traffic(): Promise<void> {
    for (const [index, visitor] of visitors.entries()) {
      const turns = ['one', 'two', index % 2 === 0 ? 'two' : 'one'] as const
      for (const turn of turns) {
        clock.advance(60)
        const session = await server(turn).open(visitor.cookie)
        expect(session).toMatchObject({ outcome: 'active', userId: users[index] })
        if (index % 3 === 0) session.data['visits'] = (session.data['visits'] ?? 0) + 1
        if (index % 3 === 1) session.renew()
        visitor.receive(await server(turn).commit(session, { failed: index === 5, background: index === 4 }))
      }
    }
    await visit(server('two'), shopper, (session) => expect(session.data['cart']).toEqual(['tea']))
    await visit(server('one'), shopper, (session) => expect(session.data['cart']).toEqual(['tea']))
  }

  await traffic()
  for (const name of order) {
    stage[name]++
    servers[name] = world({ secrets: stages[stage[name]]! }, clock)
    await traffic()
  }

  // Only the new key: each cookie that it opens was sealed by it.
  const { sessions } = world({ secrets: [young] }, clock)
  for (const [index, visitor] of visitors.entries())
    expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', userId: users[index] })
  expect((await sessions.open(shopper.cookie)).outcome).toBe('active')
})

it('in two steps, whatever is asked of which server and when: nobody is signed out', async () => {
  const servers = fc.constantFrom('one' as const, 'two' as const)
  const steps = fc.array(fc.record({ server: servers, visitor: fc.nat(2), change: fc.nat(3), seconds: fc.nat(4000) }), {
    minLength: 5,
    maxLength: 20,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...orders),
      fc.array(steps, { minLength: 5, maxLength: 5 }),
      async (order, all) => {
        const clock = stoppedClock()
        const stage = { one: 0, two: 0 }
        const at = { one: world({ secrets: stages[0]! }, clock), two: world({ secrets: stages[0]! }, clock) }
        const visitors = [await signedIn(at.one, '0'), await signedIn(at.two, '1'), await signedIn(at.one, '2')]
        for (const [round, requests] of all.entries()) {
          const moved = order[round - 1]
          if (moved !== undefined) at[moved] = world({ secrets: stages[++stage[moved]]! }, clock)
          for (const { server, visitor, change, seconds } of requests) {
            clock.advance(seconds)
            await visit(at[server].sessions, visitors[visitor]!, (session) => {
              expect(session.userId).toBe(String(visitor))
              changes[change]!(session)
            })
          }
        }
        for (const visitor of visitors) await visit(at.one.sessions, visitor)
        const { sessions } = world({ secrets: [young] }, clock)
        for (const [index, visitor] of visitors.entries())
          expect((await sessions.open(visitor.cookie)).userId).toBe(String(index))
      },
    ),
    { numRuns: 60 },
  )
})

const changes: ((session: Session) => void)[] = [
  () => {},
  (session) => (session.data['n'] = (session.data['n'] ?? 0) + 1),
  (session) => session.renew(),
  (session) => session.flash('info', 'Saved.'),
]

it('one step alone, the new key in front at once, refuses at the other server and keeps the cookie for it', async () => {
  const clock = stoppedClock()
  const [ahead, behind] = [world({ secrets: [young, old] }, clock), world({ secrets: [old] }, clock)]
  const visitor = await signedIn(ahead)

  const session = await behind.sessions.open(visitor.cookie)
  expect(session.outcome).toBe('unknown-key')
  session.data['cart'] = ['tea']
  visitor.receive(await behind.sessions.commit(session))
  expect((await ahead.sessions.open(visitor.cookie)).userId).toBe('ada')
})

const requests = [
  ['that does not touch the session', () => {}, {}],
  ['that reads it', (session: Session) => void session.data, {}],
  ['that changes it', (session: Session) => (session.data['cart'] = ['tea']), {}],
  ['that fails', (session: Session) => (session.data['cart'] = ['tea']), { failed: true }],
  ['in the background', () => {}, { background: true }],
  ['that fails in the background', () => {}, { failed: true, background: true }],
] as const

it.each(requests)(
  'a request %s seals again a token of an old key, with all its attributes',
  async (_, handle, options) => {
    const clock = stoppedClock()
    const cookie = { secure: true, sameSite: 'none', partitioned: true } as const
    const before = world({ secrets: [old], cookie }, clock)
    const after = world({ secrets: [young, old], cookie }, clock)
    const visitor = await signedIn(before)
    clock.advance(60)
    const headers = await visit(after.sessions, visitor, handle, options)

    const { name, value, ...attributes } = readSetCookie(headers.getSetCookie()[0]!)
    expect(name).toBe('__Host-Http-session')
    expect(attributes).toMatchObject({ path: '/', secure: true, httpOnly: true, sameSite: 'none', partitioned: true })
    expect(attributes.maxAge).toBe(7 * 24 * hour)
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(headers.get('Vary')).toBe('Cookie')
    const only = world({ secrets: [young] }, clock)
    expect((await only.sessions.open(`${name}=${value}`)).userId).toBe('ada')
  },
)

it('a token that is sealed again stays the same session, used when it was last used', async () => {
  const clock = stoppedClock()
  const before = world({ secrets: [old] }, clock)
  const after = world({ secrets: [young, old] }, clock)
  const visitor = await signedIn(before, 'ada', { data: { cart: ['tea'] }, label: 'Firefox', remember: false })
  const was = await before.sessions.open(visitor.cookie)
  clock.advance(60)
  await visit(after.sessions, visitor, undefined, { background: true })
  visitor.put('other', 'x')

  const { id, expiresAt, signedInAt, csrfToken, remember } = was
  const session = await after.sessions.open(visitor.cookie)
  expect(session).toMatchObject({ id, expiresAt, signedInAt, remember, data: { cart: ['tea'] } })
  expect(session.isCsrfToken(csrfToken)).toBe(true)
  visitor.close()
  expect(visitor.cookie).toBe('')
})

it('a token of the newest key is not sealed again', async () => {
  const visited = world({ secrets: [young, old] })
  const visitor = await signedIn(visited)

  expect(cookiesOf(await request(visited.sessions, visitor.cookie))).toEqual({})
})

it('of three keys the oldest opens too, and the first seals', async () => {
  const clock = stoppedClock()
  const visitor = await signedIn(world({ secrets: [old] }, clock))
  await visit(world({ secrets: [young, secret('middle'), old] }, clock).sessions, visitor)

  expect((await world({ secrets: [young] }, clock).sessions.open(visitor.cookie)).userId).toBe('ada')
})

it('a key that was taken away opens nothing, and its cookie is left alone', async () => {
  const clock = stoppedClock()
  const visitor = browser({ now: clock.now })
  await visit(world({ secrets: [old] }, clock).sessions, visitor, (session) => session.signIn('ada'))
  const { sessions } = world({ secrets: [young] }, clock)

  expect((await sessions.open(visitor.cookie)).outcome).toBe('unknown-key')
  expect(cookiesOf(await request(sessions, visitor.cookie))).toEqual({})
})
