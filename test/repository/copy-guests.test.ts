import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { browser, cookiesOf } from '../support/browser.ts'
import { copyWorld, isBack, stopTime, eventsOf, unconfirmedFor } from '../support/outages.ts'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { gone, storeWorld, tokenIn, verbs } from '../support/stores.ts'

stopTime()

const visiting = '__Host-Http-guest'

/** A visitor whom nobody knows, while the store is down. */
function unknown() {
  const visited = copyWorld()
  visited.store.fail()
  return { ...visited, visitor: browser({ now: visited.clock.now }) }
}

describe('a guest who comes while the store cannot be asked', () => {
  it('has data from then on, which the store stores after it', async () => {
    const visited = unknown()
    const { sessions, visitor } = visited
    const headers = await visit(sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    expect(Object.keys(cookiesOf(headers))).toEqual([visiting])
    await visit(sessions, visitor, (session) => session.data['cart'].push('milk'))
    await visit(sessions, visitor, (session) => (session.data['town'] = 'Ulm'))
    const during = await sessions.open(visitor.cookie)
    expect(during).toMatchObject({ userId: null, data: { cart: ['tea', 'milk'], town: 'Ulm' } })
    await isBack(visited)
    await visit(sessions, visitor, (session) => {
      expect(session.data).toEqual({ cart: ['tea', 'milk'], town: 'Ulm' })
      session.data['cart'].push('oil')
    })

    expect((await visited.store.records()).map(({ id, data }) => ({ id, data }))).toEqual([
      { id: during.id, data: { cart: '["tea","milk","oil"]', town: '"Ulm"' } },
    ])
    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea', 'milk', 'oil'], town: 'Ulm' })
  })

  it('gets messages, during it and after it', async () => {
    const visited = unknown()
    const { sessions, visitor } = visited
    const messages = (session: Session) => session.takeFlashes().map(({ message }) => message)
    await visit(sessions, visitor, (session) => session.flash('error', 'Wrong password.'))
    await visit(sessions, visitor, (session) => expect(messages(session)).toEqual(['Wrong password.']))
    await visit(sessions, visitor, (session) => session.flash('error', 'Wrong again.'))
    await isBack(visited)
    await visit(sessions, visitor, (session) => expect(messages(session)).toEqual(['Wrong again.']))

    await visit(sessions, visitor, (session) => expect(messages(session)).toEqual([]))
  })

  it('whose beginning the store took, and whose later changes it did not, keeps all of them', async () => {
    const visited = copyWorld()
    const { sessions } = visited
    const visitor = browser({ now: visited.clock.now })
    visited.store.fail(verbs, 'after')
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    visited.store.fail()
    await visit(sessions, visitor, (session) => session.data['cart'].push('milk'))
    await visit(sessions, visitor, (session) => (session.data['town'] = 'Ulm'))
    await isBack(visited)
    await visit(sessions, visitor, (session) => expect(session.data).toEqual({ cart: ['tea', 'milk'], town: 'Ulm' }))

    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea', 'milk'], town: 'Ulm' })
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('whose beginning the store took, and who has emptied it since, has nothing', async () => {
    const visited = copyWorld()
    const visitor = browser({ now: visited.clock.now })
    visited.store.fail(verbs, 'after')
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => delete session.data['cart'])
    await isBack(visited)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({})
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('whose beginning the store took is there once, with nothing else', async () => {
    const visited = copyWorld()
    const visitor = browser({ now: visited.clock.now })
    visited.store.fail(verbs, 'after')
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    await isBack(visited)
    await visit(visited.sessions, visitor, (session) => expect(session.data).toEqual({ cart: ['tea'] }))

    expect(await visited.store.records()).toHaveLength(1)
    expect(cookiesOf(await visit(visited.sessions, visitor))).toEqual({})
  })

  it('can sign in after it, and what they gathered comes along', async () => {
    const visited = unknown()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    await isBack(visited)
    await visit(sessions, visitor, (session) => session.signIn('ada'))

    expect(await sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
    expect(await visited.store.records()).toHaveLength(1)
  })

  it('has the same form tokens during it and after it', async () => {
    const visited = unknown()
    const { sessions, visitor } = visited
    let token = ''
    await visit(sessions, visitor, (session) => (token = session.csrfToken))
    await visit(sessions, visitor, (session) => {
      expect(session.isCsrfToken(token)).toBe(true)
      session.data['n'] = 1
    })
    await isBack(visited)

    expect((await sessions.open(visitor.cookie)).isCsrfToken(token)).toBe(true)
  })

  it('and has more than a cookie holds gets a 503, and keeps what was there', async () => {
    const visited = unknown()
    const { sessions, visitor } = visited
    for (const handle of [(session: Session) => void session, (session: Session) => (session.data['cart'] = ['tea'])]) {
      await visit(sessions, visitor, handle)
      const session = await sessions.open(visitor.cookie)
      session.data['essay'] = 'x'.repeat(5000)
      await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })
      expect((await sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
    }
    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
    await isBack(visited)
    await visit(sessions, visitor, (session) => (session.data['essay'] = 'x'.repeat(5000)))

    expect(Object.keys((await sessions.open(visitor.cookie)).data)).toEqual(['cart', 'essay'])
  })

  it('is kept by nobody without copies: what they write is a 503', async () => {
    const visited = storeWorld()
    visited.store.fail()
    const session = await visited.sessions.open(null)
    session.data['cart'] = ['tea']

    await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
  })
})

it('a guest whom the store knows keeps what they change in an outage', async () => {
  const visited = copyWorld()
  const visitor = await guest(visited)
  visited.store.fail()
  await visit(visited.sessions, visitor, (session) => session.data['cart'].push('milk'))
  expect(tokenIn(visiting, visitor.get(visiting), visited.clock.now())).toMatchObject({
    changed: [['cart', expect.any(Number), expect.any(String)]],
  })
  await isBack(visited)
  await visit(visited.sessions, visitor)

  expect((await visited.store.records()).map(({ data }) => data)).toEqual([{ cart: '["tea","milk"]' }])
})

describe('a guest’s cookie beside one of a session that is over', () => {
  /** A user whose sign-in is over, with a cart of a guest. */
  async function withBoth() {
    const visited = copyWorld({ absoluteTimeout: 1000 })
    const { clock } = visited
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    clock.advance(1000)
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    visited.store.fail()
    return { ...visited, visitor }
  }

  it('continues from its copy like any other: for so long, and not as confirmed', async () => {
    const { sessions, visitor, clock } = await withBoth()
    for (let seconds = 0; seconds < unconfirmedFor; seconds += 100) {
      await visit(sessions, visitor, (session) => {
        expect([session.outcome, session.confirmed, session.userId]).toEqual(['expired', false, null])
        expect(() => session.signIn('ada')).toThrow(expect.objectContaining({ status: 503, cause: gone }))
        session.data['cart'].push(seconds)
      })
      clock.advance(100)
    }

    expect((await sessions.open(visitor.cookie)).outcome).toBe('unavailable')
  })

  it('that is unavailable is not overwritten', async () => {
    const visited = await withBoth()
    const { sessions, visitor } = visited
    visited.clock.advance(unconfirmedFor)
    const session = await sessions.open(visitor.cookie)
    expect(session.outcome).toBe('unavailable')
    expect(() => session.data).toThrow(expect.objectContaining({ status: 503, cause: gone }))
    expect((await sessions.commit(session)).getSetCookie()).toEqual([])
    await isBack(visited)

    expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'expired', data: { cart: ['tea'] } })
  })
})
