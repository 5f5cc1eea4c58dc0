import { expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { guest, request, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld, type StoreWorld, type Verb } from '../support/stores.ts'

/** The calls of the store that some work makes. */
async function callsOf({ store }: StoreWorld, work: () => Promise<unknown>): Promise<Verb[]> {
  store.calls.length = 0
  await work()
  return [...store.calls]
}

it.each<[string, Verb[], (visited: StoreWorld, id: string) => Promise<unknown>]>([
  ['list', ['list'], async ({ sessions }) => sessions.list('ada')],
  ['revoke', ['end'], async ({ sessions }, id) => sessions.revoke('ada', id)],
  ['revoke of another user’s id', ['end'], async ({ sessions }, id) => sessions.revoke('eve', id)],
  ['revokeAll', ['endAll'], async ({ sessions }) => sessions.revokeAll('ada')],
  ['a sign-in', ['create'], async ({ sessions }) => request(sessions, null, (session) => session.signIn('ada'))],
])('%s is one call of the store', async (_, calls, work) => {
  const visited = storeWorld()
  const visitors = [await signedIn(visited), await signedIn(visited)]
  const { id } = await visited.sessions.open(visitors[0]!.cookie)

  expect(await callsOf(visited, async () => work(visited, id!))).toEqual(calls)
})

it('revokeAll but the session of this request is one call after its opening, however many there are', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  for (let times = 0; times < 100; times++) await signedIn(visited)
  const except = await visited.sessions.open(visitor.cookie)

  expect(await callsOf(visited, async () => visited.sessions.revokeAll('ada', { except }))).toEqual(['endAll'])
})

it.each<[string, Verb[], (session: Session) => void]>([
  ['signs out', ['end'], (session) => session.signOut()],
  ['signs in again', ['update'], (session) => session.signIn('ada')],
  ['confirms who its user is', ['update'], (session) => session.confirm('otp')],
  ['signs in another user', ['create', 'end'], (session) => session.signIn('eve')],
])('a request that %s calls the store once for each session after its opening', async (_, calls, handle) => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  const session = await visited.sessions.open(visitor.cookie)
  handle(session)

  expect(await callsOf(visited, async () => visited.sessions.commit(session))).toEqual(calls)
})

it('a guest who signs in is read, created as a user’s session, and ended', async () => {
  const visited = storeWorld()
  const visitor = await guest(visited)
  const signIn = async () => visit(visited.sessions, visitor, (session) => session.signIn('ada'))

  expect(await callsOf(visited, signIn)).toEqual(['read', 'create', 'end'])
})

it('an adoption is a read that finds nothing, and one more call', async () => {
  const before = world()
  const visitor = await signedIn(before)
  const visited = storeWorld({}, undefined, before.clock)

  expect(await callsOf(visited, async () => visited.sessions.open(visitor.cookie))).toEqual(['read', 'create'])
})
