import { describe, expect, it } from 'vitest'
import { cookiesOf } from '../support/browser.ts'
import { besides, copyWorld, isBack, stopTime, eventsOf, wait } from '../support/outages.ts'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { tokenIn } from '../support/stores.ts'

stopTime()

const [user, visiting] = ['__Host-Http-session', '__Host-Http-guest']

async function inOutage() {
  const visited = copyWorld()
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  visited.store.fail()
  return { ...visited, visitor }
}

describe('a sign-out while the store cannot be asked', () => {
  it('clears the cookie, is refused here meanwhile, and ends the session once the store answers', async () => {
    const visited = await inOutage()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const { cookie } = visitor
    expect(cookiesOf(await visit(sessions, visitor, (session) => session.signOut()))).toEqual({ [user]: '' })
    expect(eventsOf(visited, 'ended')).toMatchObject([{ reason: 'signed-out', userId: 'ada', confirmed: false }])
    for (let seconds = 0; seconds < 5; seconds++) {
      expect((await sessions.open(cookie)).outcome).toBe('ended')
      await wait(1)
    }
    visited.store.heal()
    await wait(2)

    expect(eventsOf(visited, 'ended').at(-1)).toMatchObject({ reason: 'signed-out', confirmed: true })
    expect((await besides(visited).sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.store.records()).toEqual([])
  })

  it('leaves a message, which is a guest’s, and continues after the outage', async () => {
    const visited = await inOutage()
    const { sessions, visitor } = visited
    const headers = await visit(sessions, visitor, (session) => {
      session.signOut()
      session.flash('info', 'Goodbye.')
    })
    expect(cookiesOf(headers)).toEqual({ [user]: '', [visiting]: expect.any(String) as string })
    await isBack(visited)

    await visit(sessions, visitor, (session) =>
      expect([session.userId, session.takeFlashes()]).toEqual([null, [{ category: 'info', message: 'Goodbye.' }]]),
    )
  })

  it('of a page that fails ends the session all the same', async () => {
    const visited = await inOutage()
    const { cookie } = visited.visitor
    const headers = await visit(visited.sessions, visited.visitor, (session) => session.signOut(), { failed: true })

    expect(cookiesOf(headers)).toEqual({ [user]: '' })
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('of an unavailable session ends it as well', async () => {
    const visited = await inOutage()
    const { cookie } = visited.visitor
    visited.clock.advance(600)
    const session = await visited.sessions.open(cookie)
    expect(session.outcome).toBe('unavailable')
    session.signOut()
    expect(cookiesOf(await visited.sessions.commit(session))).toEqual({ [user]: '' })
    visited.store.heal()
    await wait(2)

    expect((await besides(visited).sessions.open(cookie)).outcome).toBe('ended')
  })

  it('of a guest ends their record in the store', async () => {
    const visited = copyWorld()
    const visitor = await guest(visited)
    const { cookie } = visitor
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => session.signOut())
    visited.store.heal()
    await wait(2)

    expect((await besides(visited).sessions.open(cookie)).data).toEqual({})
    expect(await visited.store.records()).toEqual([])
  })

  it('is not undone by a page that was opened before it, whenever that is done', async () => {
    for (const back of [true, false]) {
      const visited = await inOutage()
      const { sessions, visitor } = visited
      const slow = await sessions.open(visitor.cookie)
      slow.data['slow'] = 1
      await visit(sessions, visitor, (session) => session.signOut())
      if (back) {
        visited.store.heal()
        await wait(2)
      }
      const headers = await sessions.commit(slow)
      expect(headers.getSetCookie()).toEqual([])
      visitor.receive(headers)

      expect((await besides(visited).sessions.open(visitor.cookie)).userId).toBeNull()
      expect((await sessions.open(visitor.cookie)).userId).toBeNull()
      if (back) expect(await visited.store.records()).toEqual([])
    }
  })
})

it('a sign-in at the start of the outage takes along nothing that was not saved', async () => {
  const visited = copyWorld()
  const visitor = await guest(visited)
  const session = await visited.sessions.open(visitor.cookie)
  session.signIn('ada')
  visited.store.fail()
  await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })
  const headers = await visited.sessions.commit(session, { failed: true })

  expect(headers.getSetCookie()).toEqual([])
  expect(tokenIn(visiting, visitor.get(visiting), visited.clock.now()).data).toEqual({ cart: '["tea"]' })
})
