import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { copyWorld, isBack, stopTime } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { tokenIn } from '../support/stores.ts'

stopTime()

const user = '__Host-Http-session'
const use = (session: Session) => void session.data['cart']

describe('data that is too large for the copy', () => {
  const text = 'x'.repeat(5000)

  it('is left out of it: the session works, without a cookie for each page', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => (session.data['text'] = text))
    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({ data: null, changed: [] })

    for (let times = 0; times < 3; times++) expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})
    expect((await visited.sessions.open(visitor.cookie)).data['text']).toBe(text)
  })

  it('is unavailable in an outage, and is there after it', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { text } })
    visited.store.fail()
    for (let times = 0; times < 6; times++) {
      const session = await visited.sessions.open(visitor.cookie)
      expect(session.outcome).toBe('unavailable')
      expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
    }
    await isBack(visited)

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { text } })
  })

  it('has a copy again once it is small again', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { text } })
    await visit(visited.sessions, visitor, (session) => delete session.data['text'])
    visited.store.fail()

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
  })

  it('is no cookie that a browser drops, whatever its size', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    for (let size = 2600; size < 3100; size += 3) {
      await visit(visited.sessions, visitor, (session) => (session.data['text'] = 'x'.repeat(size)))
      expect(user.length + visitor.get(user)!.length).toBeLessThanOrEqual(4096)
    }
  })
})

it('a change in an outage that is too large for the cookie is a 503 that names the key; what was there before is there', async () => {
  const visited = copyWorld()
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'], old: 1 } })
  visited.store.fail()
  const { sessions } = visited
  await visit(sessions, visitor, (session) => (session.data['one'] = 1))
  const session = await sessions.open(visitor.cookie)
  session.data['essay'] = 'x'.repeat(5000)
  await expect(sessions.commit(session)).rejects.toMatchObject({
    code: 'ERR_SESSION_UNAVAILABLE',
    status: 503,
    message: expect.stringContaining('essay') as string,
  })
  expect((await sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
  expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'], old: 1, one: 1 })
  await isBack(visited)

  await visit(sessions, visitor, (back) => (back.data['essay'] = 'x'.repeat(5000)))
  expect(Object.keys((await sessions.open(visitor.cookie)).data)).toEqual(['cart', 'old', 'one', 'essay'])
})
