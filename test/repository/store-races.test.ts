import { expect, it } from 'vitest'
import { cookiesOf } from '../support/browser.ts'
import { guest, request, signedIn, visit } from '../support/sessions.ts'
import { storeWorld, tokenIn } from '../support/stores.ts'

const times = (count: number): number[] => [...Array(count).keys()]
const user = '__Host-Http-session'

it('1,000 times, a slow request that writes while another signs out revives nothing', async () => {
  const visited = storeWorld({ touchAfter: 0 })
  const other = storeWorld({ touchAfter: 0 }, visited.store, visited.clock)
  for (const round of times(1000)) {
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    const server = [visited, other][round % 2]!
    const slow = await server.sessions.open(cookie)
    slow.data['n'] = round
    if (round % 4 === 1) slow.update('m', (m = 0) => m + 1)
    if (round % 4 === 2) slow.renew()
    if (round % 4 === 3) slow.signIn('ada')
    // Its write comes to the store before the sign-out, with the answer late, or after it.
    const writing = visited.store.hold('update', round % 3 === 0 ? 'after' : 'before')
    const late = server.sessions.commit(slow)
    await writing.reached
    const out = await visit(visited.sessions, visitor, (session) => session.signOut())
    expect(cookiesOf(out)).toEqual({ [user]: '' })
    writing.release()
    const headers = await late

    if (round % 3 !== 0) expect(headers.getSetCookie()).toEqual([])
    // However late the response arrives, and whichever cookie is sent.
    visitor.receive(headers)
    for (const header of [cookie, visitor.cookie]) {
      for (const { sessions } of [visited, other]) expect((await sessions.open(header)).userId).toBeNull()
    }
  }
  expect(await visited.store.records()).toEqual([])
})

it('1,000 times, two tabs that write different keys lose nothing', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  for (const round of times(1000)) {
    const [one, other] = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    one.data['one'] = round
    other.data['other'] = round
    const order = round % 2 ? [other, one] : [one, other]
    await Promise.all(order.map(async (tab) => visited.sessions.commit(tab)))
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ one: round, other: round })
  }
})

it('1,000 increments at once are exactly 1,000', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  const sessions = await Promise.all(times(1000).map(async () => visited.sessions.open(visitor.cookie)))
  for (const session of sessions) session.update('n', (n = 0) => n + 1)
  await Promise.all(sessions.map(async (session) => visited.sessions.commit(session)))

  expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 1000 })
})

it('8 times 6 sign-ins of one user at once are all listed, and “all but this one” leaves exactly one', async () => {
  const visited = storeWorld()
  const servers = times(8).map(() => storeWorld({}, visited.store, visited.clock))
  const visitors = await Promise.all(servers.flatMap((server) => times(6).map(async () => signedIn(server))))
  const list = await visited.sessions.list('ada')
  expect(new Set(list.map(({ id }) => id)).size).toBe(48)

  const except = await visited.sessions.open(visitors[17]!.cookie)
  expect(await visited.sessions.revokeAll('ada', { except })).toEqual({
    ended: 47,
    confirmed: true,
    exceptEnded: false,
  })
  expect((await visited.sessions.list('ada')).map(({ id }) => id)).toEqual([except.id])
  const live = await Promise.all(visitors.map(async ({ cookie }) => (await servers[3]!.sessions.open(cookie)).userId))
  expect(live.filter((userId) => userId === 'ada')).toHaveLength(1)
})

it('“all but this one” during 8 times 6 sign-ins leaves none that began before it', async () => {
  const visited = storeWorld()
  const servers = times(8).map(() => storeWorld({}, visited.store, visited.clock))
  const store = await signedIn(visited)
  const underWay = await Promise.all(
    servers.flatMap(({ sessions }) => times(6).map(async () => ({ sessions, session: await sessions.open(null) }))),
  )
  for (const { session } of underWay) session.signIn('ada')
  const half = underWay.slice(24).map(async ({ sessions, session }) => sessions.commit(session))
  const revoking = visited.sessions.revokeAll('ada', { except: await visited.sessions.open(store.cookie) })
  const rest = underWay.slice(0, 24).map(async ({ sessions, session }) => sessions.commit(session))
  await Promise.all([...half, revoking, ...rest])

  const { id } = await visited.sessions.open(store.cookie)
  expect((await visited.sessions.list('ada')).map((session) => session.id)).toEqual([id])
})

it('10,000 visits of the sign-in page make no record', async () => {
  const visited = storeWorld()
  for (const visits of times(10_000)) {
    const headers = await request(visited.sessions, null, (session) => void session.csrfToken)
    if (visits === 0) expect(Object.keys(cookiesOf(headers))).toEqual(['__Host-Http-guest'])
  }

  expect(visited.store.calls).toEqual([])
  expect(await visited.store.records()).toEqual([])
})

it('a dump of the store signs nobody in', async () => {
  const visited = storeWorld()
  await signedIn(visited, 'ada', { label: 'Firefox', data: { cart: ['tea'] } })
  await signedIn(visited, 'eve')
  await guest(visited)
  const gone = await signedIn(visited, 'eve')
  await visit(visited.sessions, gone, (session) => session.signOut())
  await visited.sessions.revokeAll('bob')

  const texts = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) for (const each of Object.entries(value).flat()) collect(each)
    else texts.add(String(value))
  }
  for await (const entry of visited.store.all!()) collect(entry)
  expect(texts.size).toBeGreaterThan(20)

  const opened: unknown[] = []
  const bring = async (value: string) => {
    for (const name of ['__Host-Http-session', '__Host-Http-guest']) {
      const { outcome, userId } = await visited.sessions.open(`${name}=${value}`)
      if (!['malformed', 'unknown-key', 'forged'].includes(outcome) || userId !== null) opened.push(value)
    }
  }
  for (const one of texts) {
    await bring(one)
    await bring(Buffer.from(one).toString('base64url'))
    for (const other of texts) for (const between of ['', '.', ':', '-']) await bring(`${one}${between}${other}`)
  }
  expect(opened).toEqual([])

  // Nor does a seal help, where a secret is what the store has of it.
  const visitor = await signedIn(visited)
  const { identity } = tokenIn(user, visitor.get(user), visited.clock.now())
  for await (const kept of visited.store.all!()) expect(JSON.stringify(kept)).not.toContain(identity!.secret)
})
