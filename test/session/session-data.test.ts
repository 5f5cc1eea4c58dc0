import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { guest, request, signedIn, visit, world } from '../support/sessions.ts'

const changes: [string, (data: any) => void][] = [
  ['a push', ({ cart }) => cart.push('milk')],
  ['a change far inside', ({ cart }) => (cart[1].sort.name = 'sencha')],
  ['a deletion far inside', ({ cart }) => delete cart[1].sort],
  ['a new key', (data) => (data.theme = 'dark')],
  ['a removed key', (data) => delete data.cart],
  ['a key set to undefined', (data) => (data.cart = undefined)],
  ['another order in a list', ({ cart }) => cart.reverse()],
  ['null in place of a value', (data) => (data.cart = null)],
]

describe.each([
  ['data', ''],
  ['data that is long', 'x'.repeat(300)],
])('%s', (_length, padding) => {
  it.each(changes)('%s is noticed, and is there on the next request', async (_, change) => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', {
      data: { cart: ['tea', { sort: { name: 'assam' } }, padding], other: 1, more: [padding] },
    })
    const expected = structuredClone((await visited.sessions.open(visitor.cookie)).data)
    await visit(visited.sessions, visitor, ({ data }) => change(data))
    change(expected)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual(JSON.parse(JSON.stringify(expected)))
    expect(visited.events.at(-2)).toMatchObject({ type: 'changed', userId: 'ada' })
  })

  it('has a removed key back where it is set again', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea', padding] } })
    await visit(visited.sessions, visitor, ({ data }) => {
      delete data['cart']
      data['cart'] = ['milk', padding]
    })

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['milk', padding] })
  })

  it('is shown whole by console.log, can be cloned, and cannot be assigned after the commit', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea', padding] } })
    const session = await visited.sessions.open(visitor.cookie)
    const { data } = session

    expect(inspect(data)).toContain('tea')
    expect(structuredClone(data)).toEqual({ cart: ['tea', padding] })
    expect(Object.keys(data)).toEqual(['cart'])
    expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
    expect(() => (data['cart'] = [])).toThrow(TypeError)
  })

  it('can be replaced as a whole, and emptied', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    await visit(visited.sessions, visitor, (session) => (session.data = { theme: 'dark' }))
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ theme: 'dark' })

    await visit(visited.sessions, visitor, (session) => (session.data = {}))
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({})
  })

  it('replaced by its equal is not sent', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const headers = await request(visited.sessions, visitor.cookie, (session) => (session.data = { cart: ['tea'] }))

    expect(cookiesOf(headers)).toEqual({})
  })

  it('replaced keeps the flash messages', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'Saved.'))
    await visit(visited.sessions, visitor, (session) => (session.data = { theme: 'dark' }))

    expect((await visited.sessions.open(visitor.cookie)).takeFlashes()).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', ['tea']],
    ['a text', 'tea'],
    ['undefined', undefined],
    ['a Map', new Map([['cart', 'tea']])],
    ['a Date', new Date()],
    ['a function', () => 1],
  ])('replaced by %s is refused, and not emptied in silence', async (_, value) => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const replaced = request(visited.sessions, visitor.cookie, (session) => {
      session.data = value as Record<string, unknown>
    })

    await expect(replaced).rejects.toMatchObject({ code: 'ERR_DATA' })
  })

  it('that JSON cannot represent is reported at commit, with its path, before any header', async () => {
    const { sessions } = world()
    const session = await sessions.open(null)
    session.signIn('ada')
    session.data['cart'] = [{ tea: 1 }, { added: new Date() }]

    await expect(sessions.commit(session)).rejects.toMatchObject({
      code: 'ERR_DATA',
      status: 500,
      message: expect.stringContaining('session.data.cart[1].added'),
    })
  })

  it('has keys of its own for messages, which the application cannot take', async () => {
    const written = request(world().sessions, null, (session) => (session.data['flash.x'] = 'mine'))

    await expect(written).rejects.toMatchObject({ code: 'ERR_DATA' })
  })

  it('of two simultaneous requests is that of the last response', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { n: 0 } })
    const [one, two] = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    one.data['n'] = 1
    two.data['n'] = 2
    expect(one.data['n']).toBe(1)
    visitor.receive(await visited.sessions.commit(two))
    visitor.receive(await visited.sessions.commit(one))

    expect((await visited.sessions.open(visitor.cookie)).data['n']).toBe(1)
  })

  it('can be set from its present value', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const add = (session: Session) => session.update('n', (n = 0) => n + 1)
    await visit(visited.sessions, visitor, add)
    await visit(visited.sessions, visitor, add)

    expect((await visited.sessions.open(visitor.cookie)).data['n']).toBe(2)
  })
})

describe('a key that objects know already', () => {
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    '0',
    'a\nb',
    '😀',
  ]

  it.each(names)('%j is one like any other', async (name) => {
    const visited = world()
    const visitor = await guest(visited, {})
    await visit(visited.sessions, visitor, (session) => {
      expect(session.data[name]).toBeUndefined()
      session.data[name] = { polluted: name }
    })
    await visit(visited.sessions, visitor, (session) => session.signIn('ada', { carry: [name] }))

    const { data } = await visited.sessions.open(visitor.cookie)
    expect(Object.keys(data)).toEqual([name])
    expect(data[name]).toEqual({ polluted: name })
    await visit(visited.sessions, visitor, (session) => delete session.data[name])
    expect(Object.keys((await visited.sessions.open(visitor.cookie)).data)).toEqual([])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('pollutes nothing inside a value or in what replaces the data, whatever it is', async () => {
    const key = fc.constantFrom('__proto__', 'constructor', 'prototype', 'polluted', 'x')
    const { value: tree } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.constantFrom('polluted', 1, null), tie('members'), fc.array(tie('value'))),
      members: fc
        .uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 3 })
        .map((entries) => JSON.parse(`{${entries.map(([k, v]) => `"${k}":${JSON.stringify(v)}`).join()}}`) as unknown),
    }))
    const visited = world()
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const text = JSON.stringify(value)
        fc.pre(text.length < 1000) // it is in the cookie twice
        const visitor = await guest(visited, { n: 1 })
        await visit(visited.sessions, visitor, (session) => {
          session.data = JSON.parse(`{"__proto__":${text},"constructor":${text}}`) as Record<string, unknown>
        })
        const { data } = await visited.sessions.open(visitor.cookie)
        expect(JSON.stringify(data['__proto__'])).toBe(text)
        expect(JSON.stringify(data['constructor'])).toBe(text)
        expect('polluted' in {}).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})

describe('flash messages', () => {
  it('come in the order in which they were left, over several requests, and once', async () => {
    const visited = world()
    const visitor = await guest(visited, {})
    for (const turn of ['a', 'b', 'c']) {
      await visit(visited.sessions, visitor, (session) => {
        for (let n = 0; n < 4; n++) session.flash('info', turn + n)
      })
      visited.clock.advance(1)
    }
    const taken: string[] = []
    const take = (session: Session) => taken.push(...session.takeFlashes().map(({ message }) => message))
    await visit(visited.sessions, visitor, take)
    await visit(visited.sessions, visitor, take)

    expect(taken).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3', 'c0', 'c1', 'c2', 'c3'])
  })

  it('can be taken in the request that added them, and are then gone', async () => {
    const visited = world()
    const visitor = await guest(visited)
    await visit(visited.sessions, visitor, (session) => {
      session.flash('error', 'Wrong <b>password</b>; ünïcode 😀\n')
      expect(session.takeFlashes()).toEqual([{ category: 'error', message: 'Wrong <b>password</b>; ünïcode 😀\n' }])
      expect(session.takeFlashes()).toEqual([])
      session.flash('info', 'for the next page')
    })

    expect((await visited.sessions.open(visitor.cookie)).takeFlashes()).toEqual([
      { category: 'info', message: 'for the next page' },
    ])
  })

  it('are no part of the data', async () => {
    const visited = world()
    const visitor = await guest(visited)
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'Saved.'))

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
  })

  it('of two simultaneous requests are both kept if one is committed before the other opens', async () => {
    const visited = world()
    const visitor = await guest(visited, {})
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'one'))
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'two'))

    expect((await visited.sessions.open(visitor.cookie)).takeFlashes()).toHaveLength(2)
  })

  it.each([
    [undefined, 'x'],
    ['info', undefined],
    ['info', { html: 'x' }],
    [1, 2],
  ])('are texts: not %j with %j', async (category, message) => {
    const session = await world().sessions.open(null)

    expect(() => session.flash(category as string, message as string)).toThrow(
      expect.objectContaining({ code: 'ERR_DATA' }),
    )
  })

  it('taken are private to the response', async () => {
    const headers = await request(world().sessions, null, (session) => void session.takeFlashes())

    expect(headers.get('Cache-Control')).toBe('no-store')
  })
})
