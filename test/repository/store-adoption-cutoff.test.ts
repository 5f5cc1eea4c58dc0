import { expect, it } from 'vitest'
import { outcomesInOutage } from '../support/outages.ts'
import { signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

/** A server without a store, and one with a store; both read one clock. */
function servers() {
  const before = world()
  return { before, after: storeWorld({ unconfirmedFor: 600 }, undefined, before.clock), clock: before.clock }
}

it.each<[seconds: number, outcome: string]>([
  [-3600, 'revoked'],
  [0, 'revoked'],
  [59.999, 'revoked'],
  [60, 'active'],
  [3600, 'active'],
])('a session from before the store whose sign-in was %d s after revokeAll is %s', async (seconds, outcome) => {
  const { before, after, clock } = servers()
  clock.advance(3600)
  await after.sessions.revokeAll('ada')
  clock.advance(seconds)
  const { cookie } = await signedIn(before)
  clock.advance(3600 - seconds)

  // Again, because a first request may have failed between its two calls.
  for (let times = 0; times < 2; times++) expect((await after.sessions.open(cookie)).outcome).toBe(outcome)
  expect(await after.sessions.list('ada')).toHaveLength(outcome === 'active' ? 1 : 0)
})

it('a sign-out that is half done does not bring back a session that was cut off', async () => {
  const { before, after, clock } = servers()
  const { cookie } = await signedIn(before)
  await after.sessions.revokeAll('ada')
  after.store.fail(['read', 'end'])
  const session = await after.sessions.open(cookie)
  session.signOut()
  await after.sessions.commit(session)
  after.store.heal()

  // Another server, because this one knows that the session is over, and would repeat the end.
  const other = storeWorld({}, after.store, clock)
  expect((await other.sessions.open(cookie)).outcome).toBe('revoked')
  expect(await other.sessions.list('ada')).toEqual([])
})

it('a session that was cut off stays out while the store is down', async () => {
  const { before, after } = servers()
  const { cookie } = await signedIn(before)
  await after.sessions.revokeAll('ada')
  await after.sessions.open(cookie)

  expect(await outcomesInOutage(after, cookie)).toEqual(new Set(['revoked']))
})

it('a session that revokeAll spared is adopted again after the store lost its record', async () => {
  const { before, after, clock } = servers()
  const [spared, other] = [await signedIn(before), await signedIn(before)]
  const { id } = await before.sessions.open(spared.cookie)
  await after.store.putCutoff!('ada', { at: clock.now() + 1, spared: id, expiresAt: clock.now() + 1e9 })

  expect(await after.sessions.open(spared.cookie)).toMatchObject({ outcome: 'active', userId: 'ada' })
  expect((await after.sessions.open(other.cookie)).outcome).toBe('revoked')
})

it('an adoption in progress at revokeAll ends, whichever comes first', async () => {
  for (const point of ['before', 'after'] as const) {
    const { before, after } = servers()
    const { cookie } = await signedIn(before)
    const creating = after.store.hold('create', point)
    const opening = after.sessions.open(cookie)
    await creating.reached
    await after.sessions.revokeAll('ada')
    creating.release()
    await opening

    expect((await after.sessions.open(cookie)).outcome).toBe('revoked')
    expect(await after.sessions.list('ada')).toEqual([])
  }
})

it.each([
  ['was signed out', { absoluteTimeout: 60 }, 'ended'],
  ['got a new secret', { idleTimeout: 60 }, null],
] as const)(
  'a cookie from before the store opens nothing after its session %s, however short the limits of the session are',
  async (_what, own, left) => {
    const { before, after, clock } = servers()
    const visitor = await signedIn(before)
    const { cookie } = visitor
    clock.advance(1)
    await visit(after.sessions, visitor, (session) => session.signIn('ada', own))
    if (left !== null) await visit(after.sessions, visitor, (session) => session.signOut())
    clock.advance(2 * 3600)
    while ((await after.store.sweep!(clock.now() - 3_600_000)) > 0);

    // Another server, which has not learned that it is over.
    const other = storeWorld({}, after.store, clock)
    expect((await other.sessions.open(cookie)).userId).toBeNull()
  },
)
