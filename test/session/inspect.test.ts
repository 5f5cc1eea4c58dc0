import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { storeWorld } from '../support/stores.ts'
import { signedIn, world } from '../support/sessions.ts'

describe('console.log of a session', () => {
  it('shows how it opened, its user, its id, and the keys of its data', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'], visits: 3 } })
    const session = await visited.sessions.open(visitor.cookie)
    const text = `Session {
  outcome: 'active',
  userId: 'ada',
  id: '${session.id}',
  dataKeys: [ 'cart', 'visits' ]
}`

    expect(inspect(session)).toBe(text)
    expect(inspect({ session })).toBe(`{\n  session: ${text.replaceAll('\n', '\n  ')}\n}`)
  })

  it('shows no value and no secret, at any depth', async () => {
    const visited = world({ store: memoryStore(), unconfirmedFor: 600 })
    const visitor = await signedIn(visited, 'ada', { data: { pin: 'hunter2' }, label: 'phone' })
    const session = await visited.sessions.open(visitor.cookie)
    session.data['note'] = 'hunter3'
    session.flash('info', 'hunter4')
    session.renew()

    const shown = inspect(session, { depth: Infinity, showHidden: true, getters: true })
    expect(shown).toContain("dataKeys: [ 'pin', 'note', [length]: 2 ]")
    expect(shown).not.toMatch(/hunter|phone|secret/)
    expect(shown).not.toContain(session.csrfToken)
  })

  it('shows what the handler has changed', async () => {
    const session = await world().sessions.open(null)
    session.signIn('ada')
    expect(inspect(session, { breakLength: Infinity })).toBe(
      "Session { outcome: 'none', userId: 'ada', id: null, dataKeys: [] }",
    )
  })

  it('is no use of the session: the response stays public, and a late one throws nothing', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    inspect(session)
    const headers = await visited.sessions.commit(session)

    expect([...headers]).toEqual([])
    expect(inspect(session)).toContain("userId: 'ada'")
  })

  it('says unavailable where the store does not answer, and throws nothing', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    const session = await visited.sessions.open(visitor.cookie)

    expect(inspect(session)).toContain("outcome: 'unavailable',")
  })
})
