import peer from 'cookie-session'
import { memoryStore } from '../../../../src/stores/memory.ts'
import { expect, it } from 'vitest'
import { cookieSession, people, start, visitor } from './serve.ts'

const keys = ['the newer keyboard cat', 'the keyboard cat']
const ids = Array.from({ length: 100 }, (_, index) => `user ${index}`)

/** 100 visitors who signed in with the real library. The second of its keys signed. */
async function signedInThere() {
  const server = { origin: await start(peer({ keys: keys.slice(1), maxAge: 3_600_000 }), people) }
  const visitors = ids.map(() => visitor(server))
  for (const [index, visit] of visitors.entries()) await visit(`/in/${ids[index]}`)
  return { server, visitors }
}

const who = async (visitors: readonly ReturnType<typeof visitor>[]): Promise<unknown[]> => {
  const found: unknown[] = []
  for (const visit of visitors) found.push(await (await visit('/who')).json())
  return found
}

const stores = {
  'in cookies': () => ({}),
  'in a store': () => ({ store: memoryStore() }),
}

it.each(Object.entries(stores))('keeps 100 visitors signed in when the server is swapped, %s', async (_where, more) => {
  const { server, visitors } = await signedInThere()
  server.origin = await start(cookieSession({ keys, maxAge: 3_600_000, ...more() }), people)

  const before = visitors.map((visit) => visit.header())
  await visitors[0]!('/plain')
  expect([...visitors[0]!.jar.keys()]).toEqual(['session'])
  expect(await who(visitors)).toEqual(ids)
  for (const visit of visitors) expect([...visit.jar.keys()]).toEqual(['session'])
  // Each moved once: their next requests set no cookie.
  for (const visit of visitors) expect((await visit('/who')).headers.getSetCookie()).toEqual([])

  await visitors[7]!('/out')
  expect(visitors[7]!.header()).toBe('')
  const copy = visitor(server, new Map([['session', visitors[8]!.jar.get('session')!]]))
  expect(await (await copy('/who')).json()).toBe(ids[8])
  // A copy of the old cookie does not sign in again who signed out.
  const replayed = await fetch(`${server.origin}/who`, { headers: { cookie: before[7]! } })
  expect(await replayed.json()).toBe(null)
  expect(replayed.headers.getSetCookie()).toEqual([])
})

it('signs no one out on the way with servers of both kinds, and back', async () => {
  const { server, visitors } = await signedInThere()
  const asPeer = await start(cookieSession({ keys, wire: 'peer' }), people)
  const sealed = await start(cookieSession({ keys }), people)
  const real = await start(peer({ keys }), people)
  const visit = visitors[3]!
  // First the drop-in that writes as the library does: beside the library, then beside servers that seal.
  for (const origin of [asPeer, real, asPeer, sealed, asPeer, sealed, asPeer, real]) {
    server.origin = origin
    expect(await (await visit('/who')).json(), String(origin)).toBe(ids[3])
  }
})

it('refuses a forged cookie, and one of a foreign key, and changes neither', async () => {
  const { server, visitors } = await signedInThere()
  server.origin = await start(cookieSession({ keys }), people)
  const { jar } = visitors[0]!
  const forged = Buffer.from(JSON.stringify({ userId: 'admin' })).toString('base64')
  const foreign = { origin: await start(peer({ keys: ['another key'] }), people) }
  const stranger = visitor(foreign)
  await stranger('/in/admin')
  for (const cookie of [
    `session=${forged}`,
    `session=${forged}; session.sig=${jar.get('session.sig')}`,
    stranger.header(),
  ]) {
    const response = await fetch(`${server.origin}/who`, { headers: { cookie } })
    expect(await response.json()).toBe(null)
    expect(response.headers.getSetCookie()).toEqual([])
  }
})

it('does not take over with adopt: false', async () => {
  const { server, visitors } = await signedInThere()
  server.origin = await start(cookieSession({ keys, adopt: false }), people)
  expect(await (await visitors[0]!('/who')).json()).toBe(null)
  expect([...visitors[0]!.jar.keys()]).toEqual(['session', 'session.sig'])
})
