import { describe, expect, it } from 'vitest'
import { browser, cookiesOf } from '../support/browser.ts'
import { guest, request, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'

const user = '__Host-Http-session'
const guests = '__Host-Http-guest'

describe('a guest, with a store', () => {
  it('a visitor who only looks around sends nothing to the store', async () => {
    const { sessions, store } = storeWorld()
    const headers = await request(sessions, null, (session) => {
      expect(session).toMatchObject({ outcome: 'none', id: null, data: {} })
      expect(session.takeFlashes()).toEqual([])
    })

    expect(headers.getSetCookie()).toEqual([])
    expect(store.calls).toEqual([])
  })

  it('gets a record with the first data, and a cookie that holds none of it', async () => {
    const visited = storeWorld()
    const visitor = await guest(visited, { cart: ['tea'] })

    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ outcome: 'active', userId: null, data: { cart: ['tea'] } })
    expect(await visited.store.read({ id: session.id!, userId: null })).toMatchObject({
      userId: null,
      signedInAt: null,
      version: 1,
      data: { cart: '["tea"]' },
    })
  })

  it('is sent no cookie for further data', async () => {
    const visited = storeWorld()
    const visitor = await guest(visited)
    const headers = await visit(visited.sessions, visitor, ({ data }) => data['cart'].push('milk'))

    expect(headers.getSetCookie()).toEqual([])
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea', 'milk'] })
  })

  it('a visitor who reads the csrf token has no record, and can prove the token on the next request', async () => {
    const visited = storeWorld()
    const visitor = browser()
    let token = ''
    await visit(visited.sessions, visitor, (session) => (token = session.csrfToken))

    expect(await visited.store.records()).toEqual([])
    expect((await visited.sessions.open(visitor.cookie)).isCsrfToken(token)).toBe(true)
  })

  it('has what two tabs wrote at once, when neither found a record', async () => {
    const visited = storeWorld()
    const visitor = browser()
    await visit(visited.sessions, visitor, (session) => void session.csrfToken)
    const tabs = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    tabs[0]!.data['cart'] = ['tea']
    tabs[1]!.data['theme'] = 'dark'
    for (const headers of await Promise.all(tabs.map((tab) => visited.sessions.commit(tab)))) visitor.receive(headers)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'], theme: 'dark' })
    expect(await visited.store.records()).toHaveLength(1)
  })

  it('counts exactly in two tabs at once, when neither found a record', async () => {
    const visited = storeWorld()
    const visitor = browser()
    await visit(visited.sessions, visitor, (session) => void session.csrfToken)
    const add = async () =>
      request(visited.sessions, visitor.cookie, (session) => session.update('n', (n = 0) => n + 1))
    for (const headers of await Promise.all([add(), add(), add()])) visitor.receive(headers)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 3 })
  })

  it('may use update in the very first request', async () => {
    const visited = storeWorld()
    const visitor = browser()
    await visit(visited.sessions, visitor, (session) => session.update('n', (n = 0) => n + 1))
    await visit(visited.sessions, visitor, (session) => session.update('n', (n = 0) => n + 1))

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 2 })
  })

  it('whose session ended does not come back by the slow request of another tab', async () => {
    const visited = storeWorld()
    const visitor = await guest(visited)
    const slow = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    slow.data['cart'].push('milk')
    const headers = await visited.sessions.commit(slow)

    expect(headers.getSetCookie()).toEqual([])
    expect(visited.events.at(-1)).toMatchObject({ type: 'refused', userId: null })
    expect((await visited.store.records()).map(({ userId }) => userId)).toEqual(['ada'])
  })

  it('from before the store continues, and is stored with the next data', async () => {
    const before = world()
    const visitor = await guest(before, { cart: ['tea'] })
    const visited = storeWorld({}, testStore(), before.clock)
    await visit(visited.sessions, visitor, (session) => expect(session.data).toEqual({ cart: ['tea'] }))
    expect(await visited.store.records()).toEqual([])
    await visit(visited.sessions, visitor, (session) => session.flash('info', 'Saved.'))

    expect(await visited.store.records()).toHaveLength(1)
    const session = await visited.sessions.open(visitor.cookie)
    expect(session.data).toEqual({ cart: ['tea'] })
    expect(session.takeFlashes()).toHaveLength(1)
  })
})

describe('signing in over a guest, with a store', () => {
  it.each(['with a record', 'without'])('%s: a new session, the guest’s ended, its cookie cleared', async (kind) => {
    const visited = storeWorld()
    const visitor = await guest(visited, { cart: ['tea'] })
    if (kind === 'without') {
      visitor.receive(new Headers([['Set-Cookie', `${guests}=; Max-Age=0; Path=/; Secure`]]))
      await visit(visited.sessions, visitor, (session) => void session.csrfToken)
    }
    const before = visitor.cookie
    const { id } = await visited.sessions.open(before)
    const headers = await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect(cookiesOf(headers)).toEqual({ [user]: expect.stringMatching(/./), [guests]: '' })
    const session = await visited.sessions.open(visitor.cookie)
    expect(session.id).not.toBe(id)
    expect(session).toMatchObject({ userId: 'ada', data: kind === 'without' ? {} : { cart: ['tea'] } })
    expect(await visited.sessions.open(before)).toMatchObject({ userId: null, data: {} })
    if (kind !== 'without') expect((await visited.sessions.open(before)).outcome).toBe('ended')
  })

  it('takes along the keys that carry names, and messages', async () => {
    const visited = storeWorld()
    const visitor = await guest(visited, { cart: ['tea'], seen: [1] })
    await visit(visited.sessions, visitor, (session) => {
      session.flash('info', 'Welcome.')
      session.signIn('ada', { carry: ['cart'] })
    })

    const session = await visited.sessions.open(visitor.cookie)
    expect(session.data).toEqual({ cart: ['tea'] })
    expect(session.takeFlashes()).toHaveLength(1)
  })

  it('leaves the guest alone when the response failed', async () => {
    const visited = storeWorld()
    const visitor = await guest(visited)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'), { failed: true })

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: null, data: { cart: ['tea'] } })
    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('leaves what the guest’s cookie of before the store said to the one who signed in', async () => {
    const before = world()
    const visitor = await guest(before, { cart: ['tea'] })
    const visited = storeWorld({}, testStore(), before.clock)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
    expect(await signedIn(visited, 'eve').then(({ cookie }) => visited.sessions.open(cookie))).toMatchObject({
      data: {},
    })
  })
})
