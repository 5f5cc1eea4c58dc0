import { describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { browser } from '../support/browser.ts'
import { copyWorld, isBack, stopTime } from '../support/outages.ts'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { testStore } from '../support/stores.ts'

stopTime()

const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })

/** Sessions in a store of which a test replaces verbs. It ends loops that would never end. */
function faultyWorld() {
  const inner = memoryStore()
  let faults: Partial<SessionStore> = {}
  const limit = <Verb extends 'create' | 'read' | 'update'>(verb: Verb): SessionStore[Verb] =>
    ((...args: [never, never, never, never]) => {
      if (visited.store.calls.length > 300) throw new Error('The loop does not end.')
      return (faults[verb] ?? inner[verb])(...args)
    }) as SessionStore[Verb]
  const store = testStore({ ...inner, create: limit('create'), read: limit('read'), update: limit('update') })
  const visited = copyWorld({}, store)
  return { ...visited, inner, break: (broken: Partial<SessionStore>) => void (faults = broken) }
}

describe('a change of an outage that cannot be written', () => {
  it('costs ten attempts and a 503, if the store always says that another request was faster', async () => {
    const visited = faultyWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = 1))
    await isBack(visited)
    visited.break({ update: async () => null })
    visited.store.calls.length = 0

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
    expect(visited.store.calls.length).toBeLessThanOrEqual(20)
    visited.break({})
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: 1 })
  })

  it('is not tried if the record’s version is damaged: the session has ended', async () => {
    const visited = faultyWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = 1))
    await isBack(visited)
    const read: SessionStore['read'] = async (key) => ({ ...(await visited.inner.read(key))!, version: NaN })
    visited.break({ read, update: async () => null })
    visited.store.calls.length = 0

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
    expect(visited.store.calls).toEqual(['read'])
  })

  it('is a 503, and hangs no process, if a guest’s record cannot be read and cannot be created', async () => {
    const visited = faultyWorld()
    const visitor = browser({ now: visited.clock.now })
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = 1))
    await isBack(visited)
    visited.break({ read: async () => null, create: async () => ({ result: 'taken', ended: [] }) })
    visited.store.calls.length = 0

    await expect(visit(visited.sessions, visitor, (session) => (session.data['cart'] = 2))).rejects.toEqual(unavailable)
    expect(visited.store.calls.length).toBeLessThanOrEqual(25)
  })
})

describe('a guest whose record vanishes while changes are written', () => {
  it('has ended, as without changes', async () => {
    const visited = faultyWorld()
    const visitor = await guest(visited)
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = 1))
    await isBack(visited)
    let reads = 0
    visited.break({
      read: async (key) => (reads++ === 0 ? visited.inner.read(key) : null),
      update: async () => null,
    })

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('ended')
  })
})
