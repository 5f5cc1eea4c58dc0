import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { browser, cookiesOf, type Browser } from '../support/browser.ts'
import { besides, copyWorld, isBack, stopTime, eventsOf } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { tokenIn, verbs, type StoreWorld } from '../support/stores.ts'

stopTime()

const user = '__Host-Http-session'

/** A user of two servers, one of which is cut off from the store of both. */
async function halfCutOff() {
  const well = copyWorld()
  const cutOff = besides(well)
  const visitor = await signedIn(well, 'ada', { data: { cart: ['tea'], theme: 'light' } })
  const elsewhere = browser({ now: well.clock.now })
  elsewhere.put(user, visitor.get(user)!)
  cutOff.store.fail()
  return { well, cutOff, visitor, elsewhere }
}

/** A request during which the outage begins: its write is done, and not answered. */
async function withLostAnswer(
  { sessions, store }: StoreWorld,
  visitor: Browser,
  change: (session: Session) => unknown,
): Promise<void> {
  const session = await sessions.open(visitor.cookie)
  change(session)
  store.fail(verbs, 'after')
  visitor.receive(await sessions.commit(session))
}

const messages = (session: Session) => session.takeFlashes().map(({ message }) => message)

describe('a change in an outage, if the record changed meanwhile', () => {
  it('is written if that was another key', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => {
      session.data['cart'] = ['oil']
      session.flash('info', 'Oil it is.')
    })
    await visit(well.sessions, elsewhere, (session) => (session.data['theme'] = 'dark'))
    await isBack(cutOff)
    const session = await cutOff.sessions.open(visitor.cookie)

    expect(session.outcome).toBe('active')
    expect(session.data).toEqual({ cart: ['oil'], theme: 'dark' })
    expect(messages(session)).toEqual(['Oil it is.'])
    expect(eventsOf(cutOff, 'refused')).toEqual([])
  })

  it('is dropped if that was the same key, and an event names the key; all others are written', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => {
      session.data['theme'] = 'blue'
      session.flash('info', 'Blue it is.')
    })
    await visit(well.sessions, elsewhere, (session) => (session.data['theme'] = 'dark'))
    await isBack(cutOff)
    const { id } = await well.sessions.open(elsewhere.cookie)
    const session = await cutOff.sessions.open(visitor.cookie)

    expect(session.data).toEqual({ cart: ['tea'], theme: 'dark' })
    expect(messages(session)).toEqual(['Blue it is.'])
    expect(eventsOf(cutOff, 'refused')).toEqual([{ type: 'refused', id, userId: 'ada', keys: ['theme'] }])
  })

  it('is reported with the keys of data alone, each at most 100 characters long', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => {
      session.data['theme'] = 'blue'
      session.data['k'.repeat(1000)] = 1
      session.flash('info', 'Blue it is.')
    })
    well.clock.advance(60)
    await visit(well.sessions, elsewhere, (session) => (session.data['theme'] = 'dark'))
    await isBack(cutOff)
    await cutOff.sessions.open(elsewhere.cookie)

    expect(eventsOf(cutOff, 'refused')).toMatchObject([{ keys: ['theme', 'k'.repeat(100)] }])
  })

  it('is dropped once: the next page brings a cookie that is up to date', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    await visit(well.sessions, elsewhere, (session) => (session.data['cart'] = ['milk']))
    await isBack(cutOff)
    for (let times = 0; times < 3; times++) await visit(cutOff.sessions, visitor)

    expect(eventsOf(cutOff, 'refused')).toHaveLength(1)
    expect(tokenIn(user, visitor.get(user), well.clock.now())).toMatchObject({ version: 2, changed: [] })
    expect(cookiesOf(await visit(cutOff.sessions, visitor))).toEqual({})
  })

  it('is dropped if another server has counted to what a failed update of this process would have written', async () => {
    const add = (session: Session) => session.update('count', (count: number = 0) => count + 1)
    const well = copyWorld()
    const [failing, cutOff] = [besides(well), besides(well)]
    const visitor = await signedIn(well, 'ada', { data: { count: 1 } })
    const elsewhere = browser({ now: well.clock.now })
    elsewhere.put(user, visitor.get(user)!)
    for (let times = 0; times < 2; times++) await visit(failing.sessions, visitor, add)
    failing.store.fail(['update'])
    await expect(visit(failing.sessions, visitor, add)).rejects.toThrow('did not answer')
    await isBack(failing)
    await visit(well.sessions, visitor, add)
    cutOff.store.fail()
    await visit(cutOff.sessions, elsewhere, add)

    expect((await failing.sessions.open(elsewhere.cookie)).data).toEqual({ count: 4 })
    expect(eventsOf(failing, 'refused')).toHaveLength(1)
  })

  it('is dropped if a later update has written what a failed one would have written', async () => {
    const add = (session: Session) => session.update('count', (count: number = 0) => count + 1)
    const world = copyWorld()
    const { sessions, store } = world
    const visitor = await signedIn(world, 'ada', { data: {} })
    const elsewhere = browser({ now: world.clock.now })
    elsewhere.put(user, visitor.get(user)!)
    await visit(sessions, visitor, add)
    store.fail(['update'])
    await expect(visit(sessions, visitor, add)).rejects.toThrow('did not answer')
    await isBack(world)
    await visit(sessions, visitor, add)
    store.fail()
    await visit(sessions, elsewhere, add)
    await isBack(world)

    expect((await sessions.open(elsewhere.cookie)).data).toEqual({ count: 2 })
    expect(eventsOf(world, 'refused')).toHaveLength(1)
  })

  it('is dropped if it is older than a change that this process could not write, and another one has', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['theme'] = 'blue'))
    elsewhere.put(user, visitor.get(user)!)
    await visit(cutOff.sessions, visitor, (session) => (session.data['theme'] = 'red'))
    const failing = besides(well)
    failing.store.fail(['update'])
    await failing.sessions.open(visitor.cookie)
    await isBack(failing)
    await well.sessions.open(visitor.cookie)

    expect((await failing.sessions.open(elsewhere.cookie)).data['theme']).toBe('red')
    expect((await well.sessions.open(visitor.cookie)).data['theme']).toBe('red')
  })

  it('is dropped if the key was changed since, and a later write of this process may be done', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['theme'] = 'blue'))
    await visit(well.sessions, elsewhere, (session) => delete session.data['theme'])
    well.store.fail(['update'], 'after')
    await expect(visit(well.sessions, elsewhere, (session) => (session.data['theme'] = 'dark'))).rejects.toThrow(
      'did not answer',
    )
    await isBack(well)

    expect((await well.sessions.open(visitor.cookie)).data['theme']).toBe('dark')
    expect(eventsOf(well, 'refused')).toMatchObject([{ keys: ['theme'] }])
  })

  it('is no loss if the record has the same already: nothing is reported', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => {
      session.data['cart'] = ['oil']
      delete session.data['theme']
    })
    await visit(well.sessions, elsewhere, (session) => {
      session.data['cart'] = ['oil']
      delete session.data['theme']
      session.data['more'] = 1
    })
    await isBack(cutOff)

    expect((await cutOff.sessions.open(visitor.cookie)).data).toEqual({ cart: ['oil'], more: 1 })
    expect(eventsOf(cutOff, 'refused')).toEqual([])
  })

  it('moves on in the very moment in which it is written: dropped as well', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const other = besides(well)
    const writing = other.store.hold('update')
    const opening = other.sessions.open(visitor.cookie)
    await writing.reached
    await visit(well.sessions, elsewhere, (session) => (session.data['cart'] = ['milk']))
    writing.release()

    expect((await opening).data).toEqual({ cart: ['milk'], theme: 'light' })
    expect(eventsOf(other, 'refused')).toHaveLength(1)
  })

  it('is written once by two simultaneous requests, and nothing is reported', async () => {
    const { well, cutOff, visitor } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    await isBack(cutOff)
    const opened = await Promise.all([1, 2, 3].map(async () => cutOff.sessions.open(visitor.cookie)))

    for (const session of opened) expect(session.data).toEqual({ cart: ['oil'], theme: 'light' })
    expect((await well.store.records())[0]!.version).toBe(2)
    expect(eventsOf(cutOff, 'refused')).toEqual([])
  })

  it('of a cookie that is replayed later is not written again', async () => {
    const { well, cutOff, visitor } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const { cookie } = visitor
    await isBack(cutOff)
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = []))

    expect((await cutOff.sessions.open(cookie)).data).toEqual({ cart: [], theme: 'light' })
    expect((await well.store.records())[0]!.data['cart']).toBe('[]')
  })
})

describe('a change of which the answer was lost', () => {
  it('is there once, and nothing is reported', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    for (let n = 1; n <= 3; n++) {
      await withLostAnswer(visited, visitor, (session) => session.update('n', (before = 0) => before + 1))
      await isBack(visited)
      expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n })
    }

    expect((await visited.store.records())[0]!.version).toBe(4)
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('and later changes are there, and nothing is reported', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { n: 0 } })
    await withLostAnswer(visited, visitor, (session) => (session.data['n'] = 1))
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['n'] = 2))
    await visit(visited.sessions, visitor, (session) => (session.data['more'] = 3))
    await isBack(visited)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 2, more: 3 })
    expect((await visited.store.records())[0]).toMatchObject({ version: 3, data: { n: '2', more: '3' } })
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('and what is changed after it are there if another tab changed another key in between', async () => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    cutOff.store.heal()
    await withLostAnswer(cutOff, visitor, (session) => (session.data['cart'] = ['oil']))
    cutOff.store.fail()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil', 'milk']))
    await visit(well.sessions, elsewhere, (session) => (session.data['theme'] = 'dark'))
    await isBack(cutOff)

    expect((await cutOff.sessions.open(visitor.cookie)).data).toEqual({ cart: ['oil', 'milk'], theme: 'dark' })
    expect(eventsOf(cutOff, 'refused')).toEqual([])
  })

  it('and was answered with 503 does not stand in the way of the next one, in an outage', async () => {
    const { cutOff, visitor } = await halfCutOff()
    cutOff.store.heal()
    cutOff.store.fail(['update'], 'after')
    await expect(visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))).rejects.toMatchObject({
      code: 'ERR_SESSION_UNAVAILABLE',
    })
    cutOff.store.fail()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['milk']))
    await isBack(cutOff)

    expect((await cutOff.sessions.open(visitor.cookie)).data['cart']).toEqual(['milk'])
    expect(eventsOf(cutOff, 'refused')).toEqual([])
  })

  it('and that session.update computed again does not stand in the way of the next one, in an outage', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { n: 0 } })
    const tabs = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    for (const tab of tabs) tab.update('n', (n = 0) => n + 1)
    visitor.receive(await visited.sessions.commit(tabs[0]!))
    const reading = visited.store.hold('read')
    const committing = visited.sessions.commit(tabs[1]!)
    committing.catch(() => {})
    await reading.reached
    visited.store.fail(['update'], 'after', 1)
    reading.release()
    await expect(committing).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['n'] = 10))
    await isBack(visited)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 10 })
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('of an outage, written back by a write whose answer is lost again', async () => {
    const { cutOff, visitor } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    await isBack(cutOff)
    cutOff.store.fail(['update'], 'after')
    for (let times = 0; times < 3; times++) {
      await visit(cutOff.sessions, visitor, (session) => expect(session.data['cart']).toEqual(['oil']))
    }
    await isBack(cutOff)

    expect((await cutOff.sessions.open(visitor.cookie)).data['cart']).toEqual(['oil'])
    expect(eventsOf(cutOff, 'refused')).toEqual([])
  })
})

describe('a session that ended elsewhere while its changes were under way', () => {
  it.each([
    ['revoked', 'revoked'],
    ['signed out', 'ended'],
    ['renewed', 'ended'],
  ])('stays so, and nothing comes back: %s', async (how, outcome) => {
    const { well, cutOff, visitor, elsewhere } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const { id } = await well.sessions.open(elsewhere.cookie)
    if (how === 'revoked') await well.sessions.revoke('ada', id!)
    if (how === 'signed out') await visit(well.sessions, elsewhere, (session) => session.signOut())
    if (how === 'renewed') await visit(well.sessions, elsewhere, (session) => session.renew())
    await isBack(cutOff)
    const session = await cutOff.sessions.open(visitor.cookie)

    expect(session).toMatchObject({ outcome, userId: null, data: {} })
    expect((await cutOff.sessions.commit(session)).getSetCookie()).toEqual([])
    expect(cutOff.store.calls).not.toContain('update')
    expect((await well.store.records()).map(({ data }) => data['cart'])).toEqual(how === 'renewed' ? ['["tea"]'] : [])
  })

  it('in the very moment in which they are written', async () => {
    const { well, cutOff, visitor } = await halfCutOff()
    await visit(cutOff.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const other = besides(well)
    const writing = other.store.hold('update')
    const opening = other.sessions.open(visitor.cookie)
    await writing.reached
    await well.sessions.revokeAll('ada')
    writing.release()

    expect(await opening).toMatchObject({ outcome: 'revoked', userId: null })
    expect(await well.store.records()).toEqual([])
  })
})
