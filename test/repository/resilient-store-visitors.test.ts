import { describe, expect, it } from 'vitest'
import { lifecycleOf } from '../../src/adapters/shared/lifecycle-of.ts'
import { Session } from '../../src/session/session.ts'
import { browser } from '../support/browser.ts'
import { copyWorld } from '../support/outages.ts'
import { request, secret, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

const [user, visiting] = ['__Host-Http-session', '__Host-Http-guest']

describe.each([
  ['a store', storeWorld],
  ['a store and copies', copyWorld],
])('with %s', (_, create) => {
  it('10,000 visitors without a cookie ask the store for nothing, and leave nothing in it', async () => {
    const visited = create()
    for (let times = 0; times < 10_000; times++) {
      const headers = await request(visited.sessions, null, (session) => void session.data['cart'])
      if (headers.getSetCookie().length > 0) throw new Error('A visitor who does nothing got a cookie.')
    }

    expect(visited.store.calls).toEqual([])
  })

  it('nobody waits for a visitor without a cookie', async () => {
    const { sessions } = create()
    const requests = lifecycleOf(sessions)
    await request(sessions, null)
    const session = requests.open(undefined)

    expect(session).toBeInstanceOf(Session)
    expect(requests.commit(session as Session)).toEqual({ cookies: [], isPrivate: false })
  })

  it('nor for visitors whose cookies are not our sessions', async () => {
    const visited = create()
    const { clock } = visited
    const foreign = await signedIn(world({ secrets: [secret('another')] }, clock))
    const other = await signedIn(world({ audience: 'another' }, clock))
    const mine = await signedIn(visited)
    const old = mine.get(user)!
    const values = [
      '',
      'garbage',
      '../../etc/passwd',
      'a'.repeat(5000),
      '%00',
      'e30.e30.e30',
      foreign.get(user)!,
      other.get(user)!,
      old.slice(0, -1),
      `${old}A`,
      `${old.slice(0, 60)}${old[60] === 'A' ? 'B' : 'A'}${old.slice(61)}`,
    ]
    visited.store.calls.length = 0
    for (const value of values) {
      for (const name of [user, visiting]) {
        const session = await visited.sessions.open(`${name}=${value}`)
        expect(session.userId).toBeNull()
        expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
      }
    }
    // Another's under our name, and ours under another.
    await request(visited.sessions, `${visiting}=${old}`)
    await request(visited.sessions, `other=${old}; ${user}x=${old}; __host-session=${old}; =${user}=${old}`)
    expect(visited.store.calls).toEqual([])

    clock.advance(40 * 24 * 3600)
    expect((await visited.sessions.open(mine.cookie || `${user}=${old}`)).outcome).toBe('idle')
    expect(visited.store.calls).toEqual([])
  })

  it('nor does a person who comes after the greatest age of their session', async () => {
    const visited = create({ absoluteTimeout: 3600 })
    const mine = await signedIn(visited, 'ada', { forgetful: false })
    visited.clock.advance(3600)
    visited.store.calls.length = 0

    expect((await visited.sessions.open(mine.cookie)).outcome).toBe('expired')
    expect(visited.store.calls).toEqual([])
  })

  it('a guest with nothing but a form’s token writes nothing into the store', async () => {
    const visited = create()
    const visitor = browser({ now: visited.clock.now })
    for (let times = 0; times < 3; times++) await visit(visited.sessions, visitor, (session) => void session.csrfToken)

    expect(new Set(visited.store.calls)).toEqual(new Set(['read']))
    expect(await visited.store.records()).toEqual([])
  })
})
