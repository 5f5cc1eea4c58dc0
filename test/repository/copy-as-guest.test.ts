import { describe, expect, it } from 'vitest'
import type { Session, SessionsOptions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { copyWorld, isBack, stopTime, unconfirmedFor, wait } from '../support/outages.ts'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { gone, storeWorld } from '../support/stores.ts'

stopTime()

const [user, visiting] = ['__Host-Http-session', '__Host-Http-guest']
const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503, cause: gone })

/** A signed-in user whose copy is too old, while the store does not answer. */
async function asGuest(options: SessionsOptions = {}) {
  const visited = copyWorld({ whenUnavailable: 'guest', ...options })
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  visited.store.fail()
  visited.clock.advance(unconfirmedFor)
  return { ...visited, visitor }
}

describe("whenUnavailable: 'guest'", () => {
  it('makes a user whose session cannot be looked up a guest, who may read anything', async () => {
    const { sessions, visitor } = await asGuest()
    for (let times = 0; times < 6; times++) {
      const session = await sessions.open(visitor.cookie)
      expect(session).toMatchObject({ outcome: 'unavailable', id: null, userId: null, data: {}, signedInAt: null })
      expect(session.takeFlashes()).toEqual([])
      expect((await sessions.commit(session)).getSetCookie()).toEqual([])
    }
  })

  it('lets them have a guest’s data and messages, and leaves the signed-in cookie alone', async () => {
    const visited = await asGuest()
    const { sessions, visitor } = visited
    const mine = visitor.get(user)
    const headers = await visit(sessions, visitor, (session) => {
      session.data['cart'] = ['oil']
      session.flash('info', 'Hello.')
    })
    expect(Object.keys(cookiesOf(headers))).toEqual([visiting])
    await visit(sessions, visitor, (session) => {
      expect(session.data).toEqual({ cart: ['oil'] })
      expect(session.takeFlashes()).toHaveLength(1)
    })
    expect(visitor.get(user)).toBe(mine)
    await isBack(visited)

    expect(await sessions.open(visitor.cookie)).toMatchObject({
      outcome: 'active',
      userId: 'ada',
      data: { cart: ['tea'] },
    })
    expect((await visited.store.records()).map(({ data }) => data)).toEqual([{ cart: '["tea"]' }])
  })

  it('continues with the guest’s cookie that came as well', async () => {
    const visited = copyWorld({ whenUnavailable: 'guest' })
    const visitor = await signedIn(visited, 'ada')
    visited.clock.advance(unconfirmedFor / 2)
    visitor.put(visiting, (await guest(visited)).get(visiting)!)
    visited.store.fail()
    visited.clock.advance(unconfirmedFor / 2)
    await visit(visited.sessions, visitor, (session) => {
      expect(session).toMatchObject({ outcome: 'unavailable', confirmed: false, userId: null, data: { cart: ['tea'] } })
      session.data['cart'].push('oil')
    })
    await isBack(visited)

    expect((await visited.sessions.open(`${visiting}=${visitor.get(visiting)}`)).data).toEqual({ cart: ['tea', 'oil'] })
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('prefers a copy that is good', async () => {
    const visited = copyWorld({ whenUnavailable: 'guest' })
    const visitor = await signedIn(visited)
    visited.store.fail()

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unconfirmed', userId: 'ada' })
  })

  it.each<[string, (session: Session) => unknown]>([
    ['a sign-in', (session) => session.signIn('eve')],
    ['a sign-in as the one whom nobody can look up', (session) => session.signIn('ada')],
  ])('%s is a 503, and leaves the cookie', async (_, change) => {
    const visited = await asGuest()
    const { sessions, visitor } = visited
    const session = await sessions.open(visitor.cookie)
    change(session)
    await expect(sessions.commit(session)).rejects.toEqual(unavailable)
    expect((await sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
    await isBack(visited)

    expect((await sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('a guest of that kind is confirmed to be nobody', async () => {
    const { sessions, visitor } = await asGuest()
    const session = await sessions.open(visitor.cookie)

    expect(() => session.requireConfirmed()).toThrow(unavailable)
  })

  it('can sign out, and it ends what nobody could look up', async () => {
    const visited = await asGuest()
    const { sessions, visitor } = visited
    const { cookie } = visitor
    const headers = await visit(sessions, visitor, (session) => session.signOut())
    expect(cookiesOf(headers)).toEqual({ [user]: '' })
    visited.store.heal()
    await wait(2)

    expect((await sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.store.records()).toEqual([])
  })
})

it('without copies a guest may read; what they write is a 503', async () => {
  const visited = storeWorld({ whenUnavailable: 'guest' })
  const visitor = await signedIn(visited)
  visited.store.fail()
  const session = await visited.sessions.open(visitor.cookie)
  expect(session).toMatchObject({ userId: null, data: {} })
  session.data['cart'] = ['oil']

  await expect(visited.sessions.commit(session)).rejects.toEqual(unavailable)
})
