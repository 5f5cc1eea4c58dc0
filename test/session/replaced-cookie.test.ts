import { describe, expect, it } from 'vitest'
import { signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

describe.each([
  ['its cookie', world],
  ['a store', storeWorld],
])('a cookie from before a renewal, with the session in %s', (_where, create) => {
  it('opens nothing, and its form tokens are worthless', async () => {
    const visited = create()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    const { csrfToken } = await visited.sessions.open(cookie)
    await visit(visited.sessions, visitor, (session) => session.renew())

    const session = await visited.sessions.open(cookie)
    expect(session).toMatchObject({ outcome: 'ended', userId: null })
    expect(session.isCsrfToken(csrfToken)).toBe(false)
    expect((await visited.sessions.open(visitor.cookie)).isCsrfToken(csrfToken)).toBe(true)
  })

  it('ends the session by a sign-out, which may have crossed the renewal on its way', async () => {
    const visited = create()
    const visitor = await signedIn(visited)
    const signingOut = visited.sessions.open(visitor.cookie)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.renew())
    for (const session of [await signingOut, await visited.sessions.open(cookie)]) {
      session.signOut()
      await visited.sessions.commit(session)
    }

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('ended')
  })
})
