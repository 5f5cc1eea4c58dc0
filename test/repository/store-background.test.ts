import { expect, it } from 'vitest'
import { day } from '../support/clock.ts'
import { request, signedIn, visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

it('a request in the background that was under way puts back no use of others', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  visited.clock.advance(6 * day)
  const polling = await visited.sessions.open(visitor.cookie)
  await visit(visited.sessions, visitor, (session) => void session.data)
  polling.data['seen'] = 1
  await visited.sessions.commit(polling, { background: true })

  visited.clock.advance(2 * day)
  const session = await visited.sessions.open(visitor.cookie)
  expect([session.outcome, session.data['seen']]).toEqual(['active', 1])
})

it('a request in the background is no use', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  visited.clock.advance(6 * day)
  const { cookie } = visitor
  await request(visited.sessions, cookie, (session) => (session.data['seen'] = 1), { background: true })

  visited.clock.advance(2 * day)
  expect((await visited.sessions.open(cookie)).outcome).toBe('idle')
})
