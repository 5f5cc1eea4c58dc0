import { describe, expect, it } from 'vitest'
import { createSessions } from '../../src/index.ts'
import { flaskFormat } from '../../src/flask/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { guest, request, secret, secrets, signedIn, visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

describe('data, with a store', () => {
  it('may be of any size, and the cookie stays small', async () => {
    const visited = storeWorld()
    const essay = 'é'.repeat(500_000)
    for (const visitor of [await signedIn(visited), await guest(visited)]) {
      await visit(visited.sessions, visitor, (session) => (session.data['essay'] = essay))

      expect(visitor.cookie.length).toBeLessThan(400)
      expect((await visited.sessions.open(visitor.cookie)).data['essay']).toBe(essay)
    }
  })

  it('comes back as it was, under any key', async () => {
    const visited = storeWorld()
    const data = JSON.parse(
      '{"__proto__":{"a":1},"constructor":2,"":3,"a.b":4,"nul\\u0000":"\\u0000","e":1e300,"z":{"b":1,"a":2}}',
    )
    const visitor = await guest(visited, {})
    await visit(visited.sessions, visitor, (session) => (session.data = data))

    expect(JSON.stringify((await visited.sessions.open(visitor.cookie)).data)).toBe(JSON.stringify(data))
  })

  it('of two tabs that write different keys is all kept, also what one of them removed', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { a: 1, b: 1, c: 1 } })
    const tabs = await Promise.all([1, 2].map(async () => visited.sessions.open(visitor.cookie)))
    tabs[0]!.data['a'] = 2
    delete tabs[0]!.data['c']
    tabs[1]!.data['b'] = 2
    await Promise.all(tabs.map(async (tab) => visited.sessions.commit(tab)))

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ a: 2, b: 2 })
  })

  it('that is replaced by its equal sends nothing to the store', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    visited.store.calls.length = 0
    await visit(visited.sessions, visitor, (session) => (session.data = { cart: ['tea'] }))

    expect(visited.store.calls).toEqual(['read'])
  })

  it('messages that requests leave at the same time are all there, each once', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const leave = async (n: number) =>
      request(visited.sessions, visitor.cookie, (session) => session.flash('info', `${n}`))
    await Promise.all([...Array(20).keys()].map(leave))
    const takers = await Promise.all([1, 2].map(async () => visited.sessions.open(visitor.cookie)))
    const texts = takers.map((taker) => taker.takeFlashes().map(({ message }) => Number(message)))
    await visited.sessions.commit(takers[0]!)
    await request(visited.sessions, visitor.cookie, (session) => session.flash('info', 'new'))
    await visited.sessions.commit(takers[1]!)

    expect(texts[0]!.toSorted((one, other) => one - other)).toEqual([...Array(20).keys()])
    const left = (await visited.sessions.open(visitor.cookie)).takeFlashes()
    expect(left.map(({ message }) => message)).toEqual(['new'])
  })

  it('that is broken in the store costs the data and not the sign-in, and is quarantined when it is overwritten', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'], n: 1 } })
    const [record] = await visited.store.records()
    const change = { set: { cart: '["tea' }, unset: [], lastSeenAt: record!.lastSeenAt, expiresAt: record!.expiresAt }
    await visited.store.update(record!, record!, change)
    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'unreadable', userId: 'ada', data: {} })

    // The same value that it had before counts as written all the same.
    session.data['n'] = 1
    await visited.sessions.commit(session)
    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { n: 1 } })
    expect((await visited.store.records())[0]!.data).toEqual({ n: '1', 'aside.cart': '["tea', 'aside.n': '1' })
  })

  it('may not use the library’s own keys', async () => {
    const { sessions } = storeWorld()
    for (const key of ['flash.x', 'aside.x']) {
      await expect(request(sessions, null, (session) => (session.data[key] = 1))).rejects.toMatchObject({
        code: 'ERR_DATA',
      })
    }
  })
})

describe('an invalid store', () => {
  it.each<[string, unknown]>([
    ['a Map', new Map()],
    ['a text', 'redis://localhost'],
    ['a store without list', { ...memoryStore(), list: undefined }],
    ['a class with other verbs', { get() {}, set() {}, destroy() {} }],
  ])('is refused with words: %s', (_, store) => {
    const make = () => createSessions({ secrets, store: store as never })
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringMatching(/store/i) }))
  })

  it('is one for cookies that have no identity', () => {
    const make = () => createSessions({ format: flaskFormat({ secretKey: secret('flask') }), store: memoryStore() })
    expect(make).toThrow(
      expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringMatching(/flask.*identity/is) }),
    )
  })
})

it('a session of a store is confirmed', async () => {
  const visited = storeWorld()
  const session = await visited.sessions.open((await signedIn(visited)).cookie)
  expect(session.confirmed).toBe(true)
  expect(() => session.requireConfirmed()).not.toThrow()
})
