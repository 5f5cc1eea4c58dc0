import peer from 'cookie-session'
import Keygrip from 'keygrip'
import { expect, it } from 'vitest'
import { cookieSession, people, start, visitor } from './serve.ts'

const keys = ['the newer keyboard cat', 'the keyboard cat']

it.each([
  ['a list of keys', keys],
  ['a Keygrip of another hash', new Keygrip(keys, 'sha256', 'hex')],
])('writes and reads what the library reads and writes, with %s', async (_what, these) => {
  const there = await start(peer({ keys: these as string[], maxAge: 60_000 }), people)
  const here = await start(cookieSession({ keys: these as string[], maxAge: 60_000, wire: 'peer' }), people)
  const server = { origin: there }
  const get = visitor(server)
  await get('/in/ada')
  for (const origin of [here, there, here, there]) {
    server.origin = origin
    const data = await (await get(`/put/${origin === here ? 'here' : 'there'}/1`)).json()
    expect(data.userId).toBe('ada')
  }
  expect(await (await get('/data')).json()).toEqual({ userId: 'ada', here: '1', there: '1' })
})

it('sets the two cookies of the library, and deletes both', async () => {
  const lines = async (origin: string) => {
    const get = visitor({ origin })
    const responses = [await get('/in/ada'), await get('/who'), await get('/out')]
    // The library signs the empty value, too.
    const unsigned = (line: string) => line.replace(/(\.sig=)[^;]*(; .*expires=)/, '$1$2')
    return responses.map((each) => each.headers.getSetCookie().map(unsigned))
  }
  const here = await lines(await start(cookieSession({ keys, wire: 'peer' }), people))
  expect(here).toEqual(await lines(await start(peer({ keys }), people)))
  expect(here[0]).toHaveLength(2)
})

it('signs again what an older key has signed, and leaves alone what none has', async () => {
  const server = { origin: await start(peer({ keys: keys.slice(1) }), people) }
  const get = visitor(server)
  await get('/in/ada')
  server.origin = await start(cookieSession({ keys, wire: 'peer' }), people)
  expect((await get('/plain')).headers.getSetCookie()).toHaveLength(2)
  expect((await get('/plain')).headers.getSetCookie()).toEqual([])
  server.origin = await start(cookieSession({ keys: keys.slice(0, 1), wire: 'peer' }), people)
  expect(await (await get('/who')).json()).toBe('ada')

  const stranger = await start(cookieSession({ keys: ['another'], wire: 'peer' }), people)
  const refused = await fetch(`${stranger}/who`, { headers: { cookie: get.header() } })
  expect([await refused.json(), refused.headers.getSetCookie()]).toEqual([null, []])
})

it('reads cookies that no one signed with signed: false, as the library does', async () => {
  const origin = await start(cookieSession({ signed: false, wire: 'peer' }), people)
  const get = visitor({ origin })
  const response = await get('/in/ada')
  expect(response.headers.getSetCookie()).toEqual([
    `session=${Buffer.from('{"userId":"ada"}').toString('base64')}; path=/; httponly`,
  ])
  expect(await (await get('/who')).json()).toBe('ada')
  for (const value of ['"', 'e30', 'bnVsbA==', Buffer.from('[1]').toString('base64')])
    expect(await (await get('/data', { headers: { cookie: `session=${value}` } })).json()).toEqual({})
})
