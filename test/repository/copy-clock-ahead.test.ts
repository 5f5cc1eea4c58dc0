import { expect, it } from 'vitest'
import { stoppedClock } from '../support/clock.ts'
import { copyWorld, stopTime, unconfirmedFor } from '../support/outages.ts'
import { signedIn, world } from '../support/sessions.ts'
import { testStore } from '../support/stores.ts'
import { memoryStore } from '../../src/stores/memory.ts'

stopTime()

it.each([1, 300, 12 * 3600])(
  'a copy that was sealed by a clock that is %i s ahead opens no longer than others, from when it was first seen',
  async (secondsAhead) => {
    const { watch: _, ...shared } = memoryStore()
    const [clock, clockAhead] = [stoppedClock(), stoppedClock()]
    clockAhead.advance(secondsAhead)
    const ahead = copyWorld({}, testStore(shared), clockAhead)
    const servers = [copyWorld({}, testStore(shared), clock), world({ unconfirmedFor }, clock)]
    const { cookie } = await signedIn(ahead)
    await ahead.sessions.revokeAll('ada')
    const [withStore] = servers
    if ('store' in withStore!) (withStore as ReturnType<typeof copyWorld>).store.fail()

    for (const { sessions } of servers) expect((await sessions.open(cookie)).userId).toBe('ada')
    clock.advance(unconfirmedFor - 1)
    for (const { sessions } of servers) expect((await sessions.open(cookie)).userId).toBe('ada')
    clock.advance(1)
    for (const { sessions } of servers) expect((await sessions.open(cookie)).outcome).toBe('unavailable')
    clock.advance(secondsAhead)
    for (const { sessions } of servers) expect((await sessions.open(cookie)).outcome).toBe('unavailable')
  },
)
