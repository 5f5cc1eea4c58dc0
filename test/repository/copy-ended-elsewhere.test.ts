import { describe, expect, it } from 'vitest'
import { besides, copyWorld, isBack, stopTime, unconfirmedFor } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'

stopTime()

describe('a session that was ended elsewhere', () => {
  it('continues without the store for unconfirmedFor at most, and no request there renews that', async () => {
    const visited = copyWorld()
    const cutOff = besides(visited)
    const visitor = await signedIn(visited)
    cutOff.store.fail()
    await visited.sessions.revokeAll('ada')
    for (let seconds = 0; seconds < unconfirmedFor; seconds += 50) {
      await visit(cutOff.sessions, visitor, (session) => {
        expect(session.outcome).toBe('unconfirmed')
        session.data['seconds'] = seconds
      })
      visited.clock.advance(50)
    }
    expect((await cutOff.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('revoked')
    await isBack(cutOff)

    expect((await cutOff.sessions.open(visitor.cookie)).outcome).toBe('revoked')
    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('is refused at once by the process that ended it, whether its store answers or not', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signOut())
    visited.store.fail()

    for (let times = 0; times < 6; times++) expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('by a renewal opens by its old copy only as long, and never as confirmed', async () => {
    const visited = copyWorld()
    const cutOff = besides(visited)
    const visitor = await signedIn(visited)
    const old = visitor.cookie
    await visit(visited.sessions, visitor, (session) => session.renew())
    cutOff.store.fail()
    expect((await cutOff.sessions.open(old)).outcome).toBe('unconfirmed')
    const session = await cutOff.sessions.open(old)
    session.data['cart'] = ['oil']
    await isBack(cutOff)
    // The store answers when the page is done.
    expect((await cutOff.sessions.commit(session)).getSetCookie()).toEqual([])

    expect((await cutOff.sessions.open(old)).outcome).toBe('ended')
    expect((await cutOff.sessions.open(visitor.cookie)).data).toEqual({})
  })
})
