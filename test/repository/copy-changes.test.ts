import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { copyWorld, isBack, stopTime, eventsOf, unconfirmedFor } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { tokenIn } from '../support/stores.ts'

stopTime()

const user = '__Host-Http-session'

async function inOutage(data: Record<string, unknown> = { cart: ['tea'], old: 1 }, options = {}) {
  const visited = copyWorld(options)
  const visitor = await signedIn(visited, 'ada', { data })
  visited.store.fail()
  return { ...visited, visitor }
}

describe('a change while the store does not answer', () => {
  it('is kept in the copy, is there after the outage, and is written once', async () => {
    const visited = await inOutage()
    const { sessions, visitor, store } = visited
    const headers = await visit(sessions, visitor, (session) => (session.data['cart'] = ['tea', 'milk']))
    expect(Object.keys(cookiesOf(headers))).toEqual([user])
    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({
      changed: [['cart', expect.any(Number), expect.any(String)]],
      version: 1,
    })
    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea', 'milk'], old: 1 })
    await isBack(visited)
    const after = await visit(sessions, visitor, (session) =>
      expect(session).toMatchObject({ outcome: 'active', data: { cart: ['tea', 'milk'], old: 1 } }),
    )

    expect(Object.keys(cookiesOf(after))).toEqual([user])
    expect((await store.records())[0]).toMatchObject({ version: 2, data: { cart: '["tea","milk"]', old: '1' } })
    for (let times = 0; times < 3; times++) expect(cookiesOf(await visit(sessions, visitor))).toEqual({})
    expect(store.calls.filter((verb) => verb === 'update')).toEqual(['update'])
    expect(eventsOf(visited, 'refused')).toEqual([])
    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({ changed: [], version: 2 })
  })

  it.each<[string, ((session: Session) => unknown)[], Record<string, unknown>]>([
    ['a key removed', [(session) => delete session.data['old']], { cart: ['tea'] }],
    ['a key changed deep inside', [(session) => session.data['cart'].push('oil')], { cart: ['tea', 'oil'], old: 1 }],
    ['everything replaced', [(session) => (session.data = { now: true })], { now: true }],
    [
      'one key after another, in several requests',
      [
        (session) => (session.data['one'] = 1),
        (session) => (session.data['two'] = 2),
        (session) => delete session.data['old'],
        (session) => (session.data['one'] = 11),
      ],
      { cart: ['tea'], one: 11, two: 2 },
    ],
    [
      'a key that was removed, and is there again',
      [(session) => delete session.data['old'], (session) => (session.data['old'] = 2)],
      { cart: ['tea'], old: 2 },
    ],
    [
      'update, each time from the value there is',
      [
        (session) => session.update('old', (n: number) => n + 1),
        (session) => session.update('old', (n: number) => n + 1),
        (session) => session.update('new', (n = 10) => n + 1),
      ],
      { cart: ['tea'], old: 3, new: 11 },
    ],
    [
      'keys that could be mistaken',
      [
        (session) =>
          Object.defineProperty(session.data, '__proto__', { value: 1, enumerable: true, configurable: true }),
      ],
      JSON.parse('{"cart":["tea"],"old":1,"__proto__":1}') as Record<string, unknown>,
    ],
  ])('is there during the outage and after it: %s', async (_, changes, expected) => {
    const visited = await inOutage()
    for (const change of changes) await visit(visited.sessions, visited.visitor, change)
    expect({ ...(await visited.sessions.open(visited.visitor.cookie)).data }).toEqual(expected)
    await isBack(visited)

    const session = await visited.sessions.open(visited.visitor.cookie)
    expect(session.outcome).toBe('active')
    expect({ ...session.data }).toEqual(expected)
    const [record] = await visited.store.records()
    expect(Object.keys(record!.data).toSorted()).toEqual(Object.keys(expected).toSorted())
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('as messages: what is left is shown once, during the outage or after it', async () => {
    const visited = await inOutage()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) => session.flash('info', 'One'))
    await visit(sessions, visitor, (session) => session.flash('info', 'Two'))
    await visit(sessions, visitor, (session) =>
      expect(session.takeFlashes().map(({ message }) => message)).toEqual(['One', 'Two']),
    )
    await visit(sessions, visitor, (session) => session.flash('info', 'Three'))
    await isBack(visited)
    await visit(sessions, visitor, (session) =>
      expect(session.takeFlashes().map(({ message }) => message)).toEqual(['Three']),
    )

    await visit(sessions, visitor, (session) => expect(session.takeFlashes()).toEqual([]))
  })

  it('and messages from before it that are taken in it do not come again', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'Before'))
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => expect(session.takeFlashes()).toHaveLength(1))
    await isBack(visited)

    await visit(visited.sessions, visitor, (session) => expect(session.takeFlashes()).toEqual([]))
  })

  it('by a request that meets the end of the outage is there as well', async () => {
    const visited = await inOutage()
    const { sessions, visitor } = visited
    const session = await sessions.open(visitor.cookie)
    session.data['cart'] = ['oil']
    await isBack(visited)
    visitor.receive(await sessions.commit(session))

    expect((await visited.store.records())[0]!.data).toEqual({ cart: '["oil"]', old: '1' })
    expect(cookiesOf(await visit(sessions, visitor))).toEqual({})
  })

  it('by a request that meets the beginning of the outage is there as well', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    session.data['cart'] = ['oil']
    visited.store.fail()
    visitor.receive(await visited.sessions.commit(session))
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['oil'] })
    await isBack(visited)

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['oil'] } })
  })

  it('and the next request continues from it: a request that writes as soon as the store is back adds to it', async () => {
    const visited = await inOutage()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) => (session.data['one'] = 1))
    await isBack(visited)
    await visit(sessions, visitor, (session) => (session.data['two'] = 2))

    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'], old: 1, one: 1, two: 2 })
    expect((await visited.store.records())[0]!.version).toBe(3)
  })

  it('counts as use once the store is back', async () => {
    const visited = await inOutage({}, { touchAfter: 10 })
    visited.clock.advance(300)
    const at = visited.clock.now()
    await visit(visited.sessions, visited.visitor, (session) => (session.data['n'] = 1))
    await isBack(visited)
    visited.clock.advance(5)
    await visited.sessions.open(visited.visitor.cookie)

    expect((await visited.store.records())[0]!.lastSeenAt).toBe(at)
  })

  it('is written back by the next request if the store is back too late to continue from the copy', async () => {
    const visited = await inOutage()
    await visit(visited.sessions, visited.visitor, (session) => (session.data['cart'] = ['oil']))
    visited.clock.advance(unconfirmedFor)
    expect((await visited.sessions.open(visited.visitor.cookie)).outcome).toBe('unavailable')
    await isBack(visited)

    expect((await visited.sessions.open(visited.visitor.cookie)).data).toEqual({ cart: ['oil'], old: 1 })
  })

  it('to what it was before is no change to the store', async () => {
    const visited = await inOutage()
    await visit(visited.sessions, visited.visitor, (session) => (session.data['old'] = 2))
    await visit(visited.sessions, visited.visitor, (session) => (session.data['old'] = 1))
    await isBack(visited)
    visited.store.calls.length = 0
    await visit(visited.sessions, visited.visitor)

    expect(visited.store.calls).not.toContain('update')
    expect((await visited.store.records())[0]!.version).toBe(1)
  })
})
