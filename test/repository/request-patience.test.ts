import { describe, expect, it } from 'vitest'
import type { ForeignSessions } from '../../src/cookies/foreign.ts'
import type { SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { copyWorld, eventsOf, stopTime, timeOf, wait } from '../support/outages.ts'
import { signedIn } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'
import { noon, token } from '../support/tokens.ts'

stopTime()

const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })
/** Two timeouts of 250 milliseconds and a fifth of one; and some for the turns of the event loop. */
const patience = 565

/** A store whose every answer takes so long from `begin` on, in milliseconds. */
function slowStore() {
  const inner = memoryStore()
  let delay = 0
  const slow =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
      return call(...args)
    }
  const store: SessionStore = {
    ...inner,
    create: slow(inner.create),
    read: slow(inner.read),
    update: slow(inner.update),
    end: slow(inner.end),
    endAll: slow(inner.endAll),
    list: slow(inner.list),
  }
  return { store, answerAfter: (milliseconds: number) => void (delay = milliseconds) }
}

describe('a store that is up, and answers late', () => {
  it.each([0, 600])('is asked once for each page while it answers others, with unconfirmedFor %i', async (copies) => {
    const visited = copyWorld({ unconfirmedFor: copies })
    const [visitor, other] = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve')]
    visited.store.calls.length = 0
    const pages = Array.from({ length: 4 }, async () => {
      const slow = visited.store.hold('read')
      const opening = visited.sessions.open(visitor.cookie)
      await slow.reached
      await visited.sessions.open(other.cookie)
      return opening
    })
    const opened = Promise.all(pages)
    await wait(2)

    expect((await opened).map(({ outcome }) => outcome)).toEqual(Array(4).fill('unavailable'))
    expect(visited.store.calls).toHaveLength(8)
    expect(eventsOf(visited, 'store-down')).toEqual([])
  })
})

describe('no request waits for longer than 2.2 timeouts, whatever it asks', () => {
  it.each([0, 600])('a sign-in that replaces a guest, with unconfirmedFor %i', async (unconfirmedFor) => {
    const { store, answerAfter } = slowStore()
    const visited = storeWorld({ unconfirmedFor }, testStore(store))
    answerAfter(200)
    const session = await opened(visited.sessions.open(null))
    session.data['cart'] = 1
    session.signIn('ada')

    expect(await timeOf(visited.sessions.commit(session))).toBeLessThanOrEqual(patience)
  })

  it('a page that waits before its handler and after it, each time for most of a timeout', async () => {
    const { store, answerAfter } = slowStore()
    const visited = copyWorld({}, testStore(store))
    const visitor = await signedIn(visited)
    answerAfter(245)
    const session = await opened(visited.sessions.open(visitor.cookie))
    session.data['n'] = 1
    visited.store.hang()

    expect(await timeOf(visited.sessions.commit(session))).toBeLessThanOrEqual(patience - 245)
  })

  it('a visitor from another library that answers late, as does our store', async () => {
    const { store, answerAfter } = slowStore()
    const late = () => new Promise<void>((resolve) => setTimeout(resolve, 240))
    const foreign: ForeignSessions = {
      name: 'library',
      async open(header, { ask }) {
        if (header === '') return null
        await ask!(late)
        return { token: { ...token, createdAt: noon, signedInAt: noon }, cookies: [], settle: late }
      },
    }
    const visited = storeWorld({ accept: [foreign] }, testStore(store))
    await visited.sessions.open(null) // loads what asks the library
    answerAfter(100)
    const page = async () => visited.sessions.commit(await visited.sessions.open('sid=1'))

    expect(await timeOf(page())).toBeLessThanOrEqual(patience)
  })

  it('a visitor of whom neither our store nor another library says anything', async () => {
    const foreign: ForeignSessions = {
      name: 'library',
      open: async (header) => (header === '' ? null : new Promise(() => {})),
    }
    const visited = copyWorld({ accept: [foreign], whenUnavailable: 'guest' })
    await visited.sessions.open(null) // loads what asks the library
    const { cookie } = await signedIn({ ...visited, sessions: storeWorld({}, visited.store).sessions })
    visited.store.hang()

    expect(await timeOf(visited.sessions.open(cookie) as Promise<unknown>)).toBeLessThanOrEqual(patience)
  })

  it('many updates of one session at once', async () => {
    const { store, answerAfter } = slowStore()
    const visited = copyWorld({}, testStore(store))
    const visitor = await signedIn(visited)
    const sessions = await Promise.all(Array.from({ length: 20 }, async () => visited.sessions.open(visitor.cookie)))
    answerAfter(100)
    const times = sessions.map(async (session) => {
      session.update('n', (n = 0) => n + 1)
      return timeOf(visited.sessions.commit(session))
    })

    for (const time of await Promise.all(times)) expect(time).toBeLessThanOrEqual(patience)
  })

  it('an update that waits for another request, and then for a silent store', async () => {
    const visited = copyWorld()
    const [visitor, other] = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve')]
    const [first, second] = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    const commit = async (session: typeof first) => {
      session.update('n', (n = 0) => n + 1)
      return visited.sessions.commit(session)
    }
    const slow = visited.store.hold('update')
    const inTurn = timeOf(commit(first))
    await slow.reached
    await visited.sessions.open(other.cookie) // the store is up
    visited.store.hang()
    await wait(0.1)

    expect(await timeOf(commit(second))).toBeLessThanOrEqual(patience)
    await inTurn
  })

  it('a silent store: a page and a change', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    visited.store.hang()
    const request = async () => {
      const session = await visited.sessions.open(visitor.cookie)
      session.data['n'] = 1
      await visited.sessions.commit(session)
    }

    expect(await timeOf(request())).toBeLessThanOrEqual(patience)
  })
})

async function opened<Opened>(opening: Promise<Opened>): Promise<Opened> {
  await wait(2)
  return opening
}

describe('list, revoke and revokeAll', () => {
  it.each(['list', 'revoke', 'revokeAll'] as const)('%s rejects in time if the answer is slow', async (method) => {
    const { store, answerAfter } = slowStore()
    const visited = storeWorld({}, testStore(store))
    await signedIn(visited)
    const [session] = await visited.sessions.list('ada')
    answerAfter(3000)
    const calling = visited.sessions[method]('ada', session!.id as never)
    calling.catch(() => {})

    expect(await timeOf(calling)).toBeLessThanOrEqual(method === 'revokeAll' ? 2100 : 700)
    await expect(calling).rejects.toEqual(unavailable)
  })
})
