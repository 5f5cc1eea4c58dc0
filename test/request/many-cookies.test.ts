import { expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { request, signedIn, visit, world, type World } from '../support/sessions.ts'

// A browser sends several cookies of one name if they have different paths or domains. An attacker may have planted some.

const worlds: [string, () => World][] = [
  ['without a store', () => world()],
  ['with a store', () => world({ store: memoryStore() })],
  ['with copies in cookies', () => world({ store: memoryStore(), unconfirmedFor: 600 })],
]

/** Returns different cookies of one session, the oldest first. */
async function cookiesOfOne(visited: World, userId: string, count: number): Promise<string[]> {
  const visitor = await signedIn(visited, userId)
  const cookies = [visitor.cookie]
  while (cookies.length < count) {
    visited.clock.advance(3600)
    await visit(visited.sessions, visitor, (session) => void (session.data['visits'] = cookies.length))
    cookies.push(visitor.cookie)
  }
  expect(new Set(cookies).size).toBe(count)
  return cookies
}

const openAll = ({ sessions }: World, cookies: string[]) => sessions.open(cookies.join('; '))

it.each(worlds)(
  'opens no attacker’s session, however often its cookies were planted before the user’s, %s',
  async (_, make) => {
    const visited = make()
    const planted = await cookiesOfOne(visited, 'mallory', 8)
    const { cookie } = await signedIn(visited, 'ada')

    for (let count = 1; count <= planted.length; count++) {
      const session = await openAll(visited, [...planted.slice(0, count), cookie])
      expect([count, session.outcome, session.userId]).toEqual([count, 'ambiguous', null])
    }
  },
)

it.each(worlds)('opens no session if cookies of more sessions came than are looked up, %s', async (_, make) => {
  const visited = make()
  const cookies: string[] = []
  for (let user = 0; user < 5; user++) cookies.push((await signedIn(visited, `user ${user}`)).cookie)
  await request(visited.sessions, cookies.slice(0, 3).join('; '), (session) => session.signOut())

  expect((await openAll(visited, cookies)).outcome).toBe('ambiguous')
  expect((await openAll(visited, cookies.slice(0, 4))).userId).toBe('user 3')
})

it.each(worlds)(
  'opens the live session among ended ones, although many of its older cookies came too, %s',
  async (_, make) => {
    const visited = make()
    const ended = await cookiesOfOne(visited, 'ada', 2)
    await request(visited.sessions, ended[1]!, (session) => session.signOut())
    const cookies = await cookiesOfOne(visited, 'ada', 8)

    const session = await openAll(visited, [...ended, ...cookies])
    expect([session.outcome, session.data['visits']]).toEqual(['active', 7])
  },
)

it('asks the store at most four times for one request, whatever its cookies', async () => {
  const store = memoryStore()
  let reads = 0
  const read: typeof store.read = (key) => {
    reads++
    return store.read(key)
  }
  const visited = world({ store: { ...store, read } })
  const planted = await cookiesOfOne(visited, 'mallory', 20)
  const { cookie } = await signedIn(visited, 'ada')
  reads = 0

  await openAll(visited, [...planted, cookie])
  expect(reads).toBeLessThanOrEqual(4)
})

it.each(worlds)('ends every session whose cookie came with a sign-out, and each once, %s', async (_, make) => {
  const visited = make()
  const planted = await cookiesOfOne(visited, 'mallory', 20)
  const { cookie } = await signedIn(visited, 'ada')
  visited.events.length = 0
  await request(visited.sessions, [...planted, cookie].join('; '), (session) => session.signOut())

  const ended = visited.events.filter(({ type }) => type === 'ended')
  expect(ended.map((event) => 'userId' in event && event.userId).toSorted()).toEqual(['ada', 'mallory'])
  for (const each of [planted.at(-1)!, cookie]) expect((await visited.sessions.open(each)).outcome).toBe('ended')
})
