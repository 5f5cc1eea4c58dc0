import { describe, expect, it } from 'vitest'
import { copyWorld, stopTime, eventsOf, unconfirmedFor, wait } from '../support/outages.ts'
import { signedIn } from '../support/sessions.ts'
import { gone } from '../support/stores.ts'

stopTime()

describe('one answer that is lost', () => {
  it.each(['before', 'after'] as const)('is no outage for who has a copy: read once more: %s', async (point) => {
    const visited = copyWorld()
    const { cookie } = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    for (let misses = 1; misses < 5; misses++) {
      visited.store.fail(['read'], point, misses)
      const session = await visited.sessions.open(cookie)
      expect([session.outcome, session.confirmed]).toEqual(['active', true])
    }
    expect([...eventsOf(visited, 'store-down'), ...eventsOf(visited, 'store-up')]).toEqual([])
  })

  it('is no outage either when it is only slow', async () => {
    const visited = copyWorld()
    const { cookie } = await signedIn(visited)
    const slow = visited.store.hold('read')
    const opening = visited.sessions.open(cookie)
    await slow.reached
    await wait(0.35)

    expect((await opening).outcome).toBe('active')
    expect(visited.store.calls.filter((verb) => verb === 'read').length).toBeLessThanOrEqual(8)
    slow.release()
  })

  it('of a session without a copy is reported at once, and leaves the others alone', async () => {
    const visited = copyWorld()
    const large = await signedIn(visited, 'ada', { data: { text: 'x'.repeat(5000) } })
    const small = await signedIn(visited, 'eve')
    visited.store.fail(['read'], 'before', 1)

    expect((await visited.sessions.open(large.cookie)).outcome).toBe('unavailable')
    expect((await visited.sessions.open(small.cookie)).outcome).toBe('active')
  })

  it('again and again, of one session alone, is no outage: only this session is unavailable', async () => {
    const visited = copyWorld()
    const [ada, eve] = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve')]
    const { id } = await visited.sessions.open(ada.cookie)
    const { read } = visited.store
    visited.store.read = async (key) => {
      if (key.id !== id) return read(key)
      throw gone
    }

    for (let times = 0; times < 20; times++)
      expect((await visited.sessions.open(ada.cookie)).outcome).toBe('unavailable')
    expect((await visited.sessions.open(eve.cookie)).outcome).toBe('active')
  })

  it('of a session whose copy is too old is reported at once', async () => {
    const visited = copyWorld()
    const { cookie } = await signedIn(visited)
    visited.clock.advance(unconfirmedFor)
    visited.store.fail(['read'], 'before', 1)

    expect((await visited.sessions.open(cookie)).outcome).toBe('unavailable')
  })
})
