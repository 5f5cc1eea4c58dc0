import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { browser, cookiesOf } from '../support/browser.ts'
import { besides, copyWorld, eventsOf, isBack, stopTime, wait } from '../support/outages.ts'
import { guest, signedIn } from '../support/sessions.ts'
import type { StoreWorld } from '../support/stores.ts'

stopTime()

const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })

/** Opens a session in two tabs at once, lets each change it, and returns the headers of both responses. */
async function inTwoTabs(
  { sessions }: Pick<StoreWorld, 'sessions'>,
  cookie: string,
  ...changes: [(session: Session) => unknown, (session: Session) => unknown]
): Promise<Headers[]> {
  const opened = await Promise.all(changes.map(async () => sessions.open(cookie)))
  for (const [tab, change] of changes.entries()) change(opened[tab]!)
  const headers: Headers[] = []
  for (const session of opened) headers.push(await sessions.commit(session))
  return headers
}

const putTea = (session: Session) => (session.data['tea'] = 1)
const putMilk = (session: Session) => (session.data['milk'] = 1)

describe('a write that is answered late while the store is up', () => {
  it('is a 503 and sets no cookie, so that another tab’s cookie cannot replace it', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    putTea(session)
    visited.store.hang(['update'])
    const committing = visited.sessions.commit(session)
    committing.catch(() => {})
    await wait(1)
    await expect(committing).rejects.toEqual(unavailable)
    expect(cookiesOf(await visited.sessions.commit(session, { failed: true }))).toEqual({})
    expect(eventsOf(visited, 'store-down')).toEqual([])
    visited.store.heal()
  })

  it('is a 503 without a cookie also if the copy was behind, so that it would be renewed', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    await inOneTab(visited, visitor.cookie, putTea)
    const session = await visited.sessions.open(visitor.cookie)
    putMilk(session)
    visited.store.fail(['update'])
    await expect(visited.sessions.commit(session)).rejects.toEqual(unavailable)

    expect(cookiesOf(await visited.sessions.commit(session, { failed: true }))).toEqual({})
  })

  it('is a 503 also if changes of an outage came with the request, and they stay in the cookie', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    visitor.receive(...(await inOneTab(visited, visitor.cookie, putTea)))
    await isBack(visited)
    visited.store.hang(['update'])
    const opening = visited.sessions.open(visitor.cookie)
    await wait(1)
    const session = await opening
    expect(session).toMatchObject({ outcome: 'active', data: { tea: 1 } })
    putMilk(session)
    const committing = visited.sessions.commit(session)
    committing.catch(() => {})
    await wait(1)
    await expect(committing).rejects.toEqual(unavailable)
    expect(cookiesOf(await visited.sessions.commit(session, { failed: true }))).toEqual({})
    visited.store.heal()

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ tea: 1 })
  })
})

async function inOneTab(
  { sessions }: Pick<StoreWorld, 'sessions'>,
  cookie: string,
  change: (session: Session) => unknown,
): Promise<[Headers]> {
  const session = await sessions.open(cookie)
  change(session)
  return [await sessions.commit(session)]
}

describe('two tabs that change different keys in an outage', () => {
  it.each<[string, (world: StoreWorld) => ReturnType<typeof signedIn>, number]>([
    ['a user, the later answer last', signedIn, 1],
    ['a user, the later answer first', signedIn, 0],
    ['a guest, the later answer last', guest, 1],
    ['a guest, the later answer first', guest, 0],
  ])('both keep them, during the outage and after it: %s', async (_, arrive, last) => {
    const visited = copyWorld()
    const visitor = await arrive(visited)
    const before = { ...(await visited.sessions.open(visitor.cookie)).data }
    visited.store.fail()
    const headers = await inTwoTabs(visited, visitor.cookie, putTea, putMilk)
    visitor.receive(headers[1 - last]!)
    visitor.receive(headers[last]!)
    const expected = { ...before, tea: 1, milk: 1 }
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual(expected)
    await isBack(visited)
    visitor.receive(...(await inOneTab(visited, visitor.cookie, (session) => expect(session.data).toEqual(expected))))

    expect(Object.keys((await visited.store.records())[0]!.data).toSorted()).toEqual(Object.keys(expected).toSorted())
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual(expected)
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('also if one was opened before it and answered after it', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const early = await visited.sessions.open(visitor.cookie)
    visited.store.fail()
    visitor.receive(...(await inOneTab(visited, visitor.cookie, putTea)))
    await isBack(visited)
    putMilk(early)
    visitor.receive(await visited.sessions.commit(early))

    expect((await visited.store.records())[0]!.data).toEqual({ tea: '1', milk: '1' })
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ tea: 1, milk: 1 })
  })

  it('count both by session.update', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    const count = (session: Session) => session.update('n', (n = 0) => n + 1)
    for (const headers of await inTwoTabs(visited, visitor.cookie, count, count)) visitor.receive(headers)
    await isBack(visited)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 2 })
  })

  it('bring nothing again that was removed since: neither tab, nor an older cookie', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    for (const headers of await inTwoTabs(visited, visitor.cookie, putTea, putMilk)) visitor.receive(headers)
    const { cookie } = visitor
    await isBack(visited)
    const tab = await visited.sessions.open(cookie)
    delete tab.data['tea']
    await visited.sessions.commit(tab)

    expect((await visited.sessions.open(cookie)).data).toEqual({ milk: 1 })
  })

  it('show nothing to a cookie from before a renewal', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const old = visitor.cookie
    visitor.receive(...(await inOneTab(visited, visitor.cookie, (session) => session.renew())))
    visited.store.fail()
    visitor.receive(...(await inOneTab(visited, visitor.cookie, putTea)))

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ tea: 1 })
    const replaced = await visited.sessions.open(old)
    if (replaced.outcome === 'unconfirmed') expect(replaced.data).toEqual({})
  })
})

it('of two servers that change one cookie in an outage, the last cookie is kept, and an event names the other’s key', async () => {
  const here = copyWorld()
  const there = besides(here)
  const visitor = await signedIn(here)
  const { cookie } = visitor
  for (const server of [here, there]) server.store.fail()
  await inOneTab(here, cookie, putTea)
  visitor.receive(...(await inOneTab(there, cookie, putMilk)))
  here.clock.advance(1)
  await isBack(here)
  await isBack(there)
  visitor.receive(...(await inOneTab(there, visitor.cookie, () => {})))
  await here.sessions.open(visitor.cookie)

  expect((await here.store.records())[0]!.data).toEqual({ milk: '1' })
  expect(eventsOf(here, 'refused')).toMatchObject([{ keys: ['tea'] }])
})

it('a browser whose cookie another server has confirmed since sees what the store has, also in the next outage', async () => {
  const here = copyWorld()
  const there = besides(here)
  const visitor = await signedIn(here)
  here.store.fail()
  visitor.receive(...(await inOneTab(here, visitor.cookie, putTea)))
  here.clock.advance(1)
  visitor.receive(...(await inOneTab(there, visitor.cookie, (session) => delete session.data['tea'])))
  expect((await here.sessions.open(visitor.cookie)).data).toEqual({})
  await isBack(here)

  expect((await here.sessions.open(visitor.cookie)).data).toEqual({})
  expect((await here.store.records())[0]!.data).toEqual({})
})

it('a flood of guests in an outage does not make the process forget a user’s change', async () => {
  const visited = copyWorld()
  const visitor = await signedIn(visited)
  visited.store.fail()
  const [tea] = await inTwoTabs(visited, visitor.cookie, putTea, putMilk)
  const text = 'x'.repeat(2000)
  for (let times = 0; times < 9000; times++) {
    const other = browser({ now: visited.clock.now })
    other.receive(...(await inOneTab(visited, '', (session) => (session.data['text'] = text))))
  }
  visitor.receive(tea!)
  await isBack(visited)

  expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ tea: 1, milk: 1 })
})

it.each(['the store answers', 'the store fails once'])(
  'a tab that has read the record before another tab has written its changes does not show the old data: %s',
  async (how) => {
    const visited = copyWorld()
    const { sessions, store } = visited
    const visitor = await signedIn(visited)
    store.fail()
    visitor.receive(...(await inOneTab(visited, visitor.cookie, putTea)))
    await isBack(visited)
    await signedIn(visited, 'eve')
    const read = store.hold('read', 'after')
    const opening = sessions.open(visitor.cookie)
    await read.reached
    await sessions.open(visitor.cookie)
    if (how !== 'the store answers') store.fail(['read'], 'before', 1)
    read.release()

    const session = await opening
    expect(session.outcome).toBe(how === 'the store answers' ? 'active' : 'unavailable')
    if (how === 'the store answers') expect(session.data).toEqual({ tea: 1 })
  },
)
