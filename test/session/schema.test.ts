import { describe, expect, expectTypeOf, it } from 'vitest'
import { createSessions, type Schema } from '../../src/index.ts'
import { request, secrets, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld, testStore, tokenIn, type StoreWorld } from '../support/stores.ts'

interface Shop {
  theme: string
  cart?: string[]
}

/** As Zod, Valibot and ArkType have it: a default, a type to check, and unknown keys stripped. */
const shop: Schema<Shop> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { theme = 'light', cart } = value as { theme?: unknown; cart?: unknown }
      if (typeof theme !== 'string') return { issues: [{ message: 'Expected a text', path: ['theme'] }] }
      if (cart === undefined) return { value: { theme } }
      if (!Array.isArray(cart)) return { issues: [{ message: 'Expected a list', path: [{ key: 'cart' }] }] }
      const at = cart.findIndex((item) => typeof item !== 'string')
      if (at !== -1) return { issues: [{ message: 'Expected a text', path: ['cart', at] }] }
      return { value: { theme, cart } }
    },
  },
}

const shopWorld = (before?: StoreWorld) =>
  storeWorld({ schema: shop } as object, before?.store ?? testStore(), before?.clock)

/** A user whose data is of an earlier version of the application. */
async function longSignedIn(data: Record<string, unknown>) {
  const before = storeWorld()
  const visitor = await signedIn(before, 'ada', { data })
  return { visited: shopWorld(before), visitor }
}

const dataIn = async ({ store }: StoreWorld) => (await store.records())[0]!.data

describe('a schema', () => {
  it('types the data of its own sessions', () => {
    const sessions = createSessions({ secrets, schema: shop })
    const open = async () => sessions.open(null)
    type Data = Awaited<ReturnType<typeof open>>['data']

    expectTypeOf<Data>().toEqualTypeOf<Shop>()
    // @ts-expect-error: there is no such key
    void (async () => (await open()).data.tehme)
    // @ts-expect-error: a cart holds texts
    void (async () => (await open()).update('cart', () => [1]))
  })

  it('gives defaults that reading does not write', async () => {
    const visited = shopWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    visited.store.calls.length = 0
    await visit(visited.sessions, visitor, ({ data }) => expect(data).toEqual({ theme: 'light', cart: ['tea'] }))

    expect(visited.store.calls).toEqual(['read'])
    expect(await dataIn(visited)).toEqual({ cart: '["tea"]' })
  })

  it('gives a guest who only reads no session', async () => {
    const visited = shopWorld()
    const headers = await request(visited.sessions, null, ({ data }) => expect(data['theme']).toBe('light'))

    expect(headers.getSetCookie()).toEqual([])
    expect(visited.store.calls).toEqual([])
  })

  it('writes a default that was changed, and one that is set back', async () => {
    const visited = shopWorld()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, ({ data }) => (data['theme'] = 'dark'))
    expect(await dataIn(visited)).toEqual({ theme: '"dark"' })
    await visit(visited.sessions, visitor, ({ data }) => (data['theme'] = 'light'))

    expect(await dataIn(visited)).toEqual({ theme: '"light"' })
  })

  it('leaves keys that it strips as they are, after any read, write or reset', async () => {
    const { visited, visitor } = await longSignedIn({ legacy: 1, cart: ['tea'] })
    await visit(visited.sessions, visitor, ({ data }) => expect(data).toEqual({ theme: 'light', cart: ['tea'] }))
    await visit(visited.sessions, visitor, ({ data }) => data['cart'].push('milk'))
    expect(await dataIn(visited)).toEqual({ legacy: '1', cart: '["tea","milk"]' })
    await visit(visited.sessions, visitor, (session) => (session.data = {}))

    expect(await dataIn(visited)).toEqual({ legacy: '1' })
  })

  it('costs who has data that does not fit the data, and not the sign-in', async () => {
    const { visited, visitor } = await longSignedIn({ cart: 'tea', legacy: 1 })
    const session = await visited.sessions.open(visitor.cookie)

    expect(session).toMatchObject({ outcome: 'unreadable', userId: 'ada' })
    expect(session.data).toEqual({ theme: 'light' })
    expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
    expect(await dataIn(visited)).toEqual({ cart: '"tea"', legacy: '1' })
  })

  it('keeps data that does not fit aside when something is written in its place', async () => {
    const { visited, visitor } = await longSignedIn({ cart: 'tea', legacy: 1 })
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'Saved.'))
    expect(await dataIn(visited)).toMatchObject({ cart: '"tea"', legacy: '1' })
    await visit(visited.sessions, visitor, ({ data }) => (data['cart'] = ['milk']))

    expect(await dataIn(visited)).toMatchObject({ cart: '["milk"]', 'aside.cart': '"tea"', 'aside.legacy': '1' })
    const session = await visited.sessions.open(visitor.cookie)
    expect(session.outcome).toBe('active')
    expect(session.data).toEqual({ theme: 'light', cart: ['milk'] })
    expect(session.takeFlashes()).toHaveLength(1)
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['theme', { theme: 1 }, /session\.data\.theme: Expected a text/],
    ['cart.1', { cart: ['tea', 2] }, /session\.data\.cart\.1: Expected a text/],
    ['cart', { cart: 'tea' }, /session\.data\.cart: Expected a list/],
  ])('refuses at commit what it does not accept, with the path: %s', async (_, data, message) => {
    const visited = shopWorld()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    Object.assign(session.data, data)

    await expect(visited.sessions.commit(session)).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: expect.stringMatching(message),
    })
    expect(await dataIn(visited)).toEqual({})
  })

  it('checks what an update makes', async () => {
    const visited = shopWorld()
    const change = request(visited.sessions, null, (session) => session.update('theme', () => 1))

    await expect(change).rejects.toMatchObject({ code: 'ERR_DATA' })
  })

  it('works for sessions in their cookie, which have no room to keep anything aside', async () => {
    const before = world()
    const visitor = await signedIn(before, 'ada', { data: { cart: 'tea', legacy: 1 } })
    const { sessions, clock } = world({ schema: shop } as object, before.clock)
    expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unreadable', userId: 'ada' })
    await visit(sessions, visitor, ({ data }) => (data['cart'] = ['milk']))

    expect((await sessions.open(visitor.cookie)).data).toEqual({ theme: 'light', cart: ['milk'] })
    const { data } = tokenIn('__Host-Http-session', visitor.get('__Host-Http-session'), clock.now())
    expect(data).toEqual({ cart: '["milk"]' })
  })
})

describe('a schema is refused at creation, with words', () => {
  const schema = (validate: (value: unknown) => unknown) => ({ '~standard': { version: 1, vendor: 'test', validate } })
  it.each<[string, unknown, RegExp]>([
    [
      'that does not accept {}',
      schema(() => ({ issues: [{ message: 'Required', path: ['cart'] }] })),
      /accept \{\}.*cart: Required/s,
    ],
    ['that is asynchronous', schema(async (value) => ({ value })), /synchronous/],
    ['that is none', { parse: () => ({}) }, /Standard Schema/],
    ['that is a text', 'cart', /Standard Schema/],
  ])('one %s', (_, wrong, message) => {
    const make = () => createSessions({ secrets, schema: wrong as Schema })
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringMatching(message) }))
  })
})
