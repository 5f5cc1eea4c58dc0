import { describe, expect, it } from 'vitest'
import { hour, minute } from '../support/clock.ts'
import { guest, request, signedIn, visit } from '../support/sessions.ts'
import { gone, storeWorld } from '../support/stores.ts'

describe('a request that takes its time', () => {
  it('puts back no use of others: its person stays in', async () => {
    for (const write of [true, false]) {
      const visited = storeWorld({ idleTimeout: 30 * minute, touchAfter: 0 })
      const visitor = await signedIn(visited)
      const upload = await visited.sessions.open(visitor.cookie)
      for (let minutes = 0; minutes < 40; minutes += 10) {
        visited.clock.advance(10 * minute)
        await visit(visited.sessions, visitor, (session) => void session.data)
      }
      if (write) upload.data['uploaded'] = true
      await visited.sessions.commit(upload)

      visited.clock.advance(20 * minute)
      expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
    }
  })

  it('is use as long as it lasts', async () => {
    const visited = storeWorld({ idleTimeout: 30 * minute, touchAfter: 0 })
    const { cookie } = await signedIn(visited)
    const upload = await visited.sessions.open(cookie)
    visited.clock.advance(25 * minute)
    await visited.sessions.commit(upload)

    visited.clock.advance(25 * minute)
    expect((await visited.sessions.open(cookie)).outcome).toBe('active')
  })

  it('that was opened before the idle timeout, and is committed after it, is ended with all of its user’s', async () => {
    const visited = storeWorld({ idleTimeout: 30 * minute, touchAfter: 0 })
    const { cookie } = await signedIn(visited)
    visited.clock.advance(29 * minute)
    const late = await visited.sessions.open(cookie)
    visited.clock.advance(2 * minute)
    expect(await visited.sessions.revokeAll('ada')).toMatchObject({ ended: 0, confirmed: true })

    late.data['late'] = 1
    expect((await visited.sessions.commit(late)).getSetCookie()).toEqual([])
    expect((await visited.sessions.open(cookie)).outcome).toBe('revoked')
  })
})

it('a server with a shorter idle timeout ends what is live at one with a longer', async () => {
  const visited = storeWorld({ idleTimeout: 24 * hour })
  const short = storeWorld({ idleTimeout: hour }, visited.store, visited.clock)
  const { cookie } = await signedIn(visited)
  visited.clock.advance(2 * hour)
  await short.sessions.revokeAll('ada')

  expect((await visited.sessions.open(cookie)).outcome).toBe('revoked')
})

it('a record that a clock ahead of ours wrote is used from now', async () => {
  const visited = storeWorld({ idleTimeout: hour })
  const visitor = await signedIn(visited)
  visited.clock.advance(30 * minute)
  await visit(visited.sessions, visitor)
  visited.clock.advance(-25 * minute)
  await visit(visited.sessions, visitor)
  const { cookie } = visitor

  visited.clock.advance(hour)
  expect((await visited.sessions.open(cookie)).outcome).toBe('idle')
})

it('instants of a clock with fractions are kept in whole milliseconds', async () => {
  const visited = storeWorld({ now: () => 1_800_000_000_000.25, idleTimeout: 1000 / 3 })
  await signedIn(visited)
  const [listed] = await visited.sessions.list('ada')

  expect([listed!.lastSeenAt, listed!.expiresAt].every(Number.isInteger)).toBe(true)
})

it('a sign-in that was not answered, and is committed once more, is another session', async () => {
  const visited = storeWorld()
  const session = await visited.sessions.open(null)
  session.signIn('ada')
  visited.store.fail()
  await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', cause: gone })
  visited.store.heal()
  const headers = await visited.sessions.commit(session)
  const cookie = headers.getSetCookie()[0]!.split(';')[0]!

  expect((await visited.sessions.open(cookie)).userId).toBe('ada')
})

it('a guest whose other tab wrote meanwhile is ended by a sign-in all the same', async () => {
  const visited = storeWorld()
  const visitor = await guest(visited)
  const empty = storeWorld({}, visited.store, visited.clock)
  const tab = await empty.sessions.open(null)
  void tab.csrfToken
  const cookie = (await empty.sessions.commit(tab)).getSetCookie()[0]!.split(';')[0]!
  const entering = await visited.sessions.open(cookie)
  await request(visited.sessions, cookie, (session) => (session.data['cart'] = ['tea']))
  entering.signIn('ada')
  await visited.sessions.commit(entering)

  expect((await visited.sessions.open(cookie)).data).toEqual({})
  expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
})
