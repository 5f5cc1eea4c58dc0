import { describe, expect, it } from 'vitest'
import { createSessions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { guest, secrets, signedIn, visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

describe('onLimit: refuse', () => {
  const refused = { code: 'ERR_SESSION_LIMIT', status: 409, statusCode: 409, headers: {} }

  it('makes commit throw, writes nothing, sets no cookie, and keeps the guest', async () => {
    const visited = storeWorld({ maxSessions: 2, onLimit: 'refuse' })
    const visitors = [await signedIn(visited), await signedIn(visited), await guest(visited)]
    const visitor = visitors[2]!
    const before = await visited.store.records()
    const session = await visited.sessions.open(visitor.cookie)
    session.signIn('ada')
    session.flash('info', 'Welcome.')
    await expect(visited.sessions.commit(session)).rejects.toMatchObject(refused)
    const headers = await visited.sessions.commit(session, { failed: true })

    expect(headers.getSetCookie()).toEqual([])
    expect(await visited.store.records()).toEqual(before)
    for (const { cookie } of visitors) expect((await visited.sessions.open(cookie)).outcome).toBe('active')
    expect(visited.events.map(({ type }) => type)).not.toContain('store-down')
  })

  it('ends what the request signed out all the same', async () => {
    const visited = storeWorld({ maxSessions: 1, onLimit: 'refuse' })
    await signedIn(visited, 'ada')
    const { cookie } = await signedIn(visited, 'eve')
    const session = await visited.sessions.open(cookie)
    session.signOut()
    session.signIn('ada')
    await expect(visited.sessions.commit(session)).rejects.toMatchObject(refused)
    const headers = await visited.sessions.commit(session, { failed: true })

    expect(cookiesOf(headers)).toEqual({ '__Host-Http-session': '' })
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('lets the user in after another device has signed out', async () => {
    const visited = storeWorld({ maxSessions: 1, onLimit: 'refuse' })
    const visitor = await signedIn(visited)
    await expect(signedIn(visited)).rejects.toMatchObject(refused)
    await visit(visited.sessions, visitor, (session) => session.signOut())

    expect((await visited.sessions.open((await signedIn(visited)).cookie)).userId).toBe('ada')
  })
})

it.each<[string, object]>([
  ['0', { maxSessions: 0 }],
  ['-1', { maxSessions: -1 }],
  ['1.5', { maxSessions: 1.5 }],
  ['NaN', { maxSessions: NaN }],
  ['a text', { maxSessions: '5' }],
  ['null', { maxSessions: null }],
  ['another onLimit', { onLimit: 'throw' }],
])('a limit is refused at once: %s', (_, options) => {
  expect(() => createSessions({ secrets, ...options })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringMatching(/maxSessions|onLimit/) }),
  )
})
