import { describe, expect, it } from 'vitest'
import { cookiesOf } from '../support/browser.ts'
import { copyWorld, isBack, stopTime, unconfirmedFor } from '../support/outages.ts'
import { request, signedIn, visit } from '../support/sessions.ts'

stopTime()

const user = '__Host-Http-session'

describe('two cookies of one name', () => {
  it('of one session open as it in an outage, with the one that was used last', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { n: 1 } })
    const first = visitor.get(user)!
    visited.clock.advance(60)
    await visit(visited.sessions, visitor, (session) => (session.data['n'] = 2))
    const second = visitor.get(user)!
    visited.store.fail()

    for (const [one, other] of [
      [first, second],
      [second, first],
    ])
      expect(await visited.sessions.open(`${user}=${one}; ${user}=${other}`)).toMatchObject({
        outcome: 'unconfirmed',
        data: { n: 2 },
      })
  })

  it('one of which has a change of an outage open with that, in whatever order they came', async () => {
    for (const order of [0, 1]) {
      const visited = copyWorld()
      const visitor = await signedIn(visited, 'ada', { data: { n: 1 } })
      const { cookie } = visitor
      visited.store.fail()
      await visit(visited.sessions, visitor, (session) => (session.data['n'] = 2))
      await isBack(visited)
      // The first question after an outage is let through alone.
      await visited.sessions.list('ada')
      const cookies = [cookie, visitor.cookie]

      expect((await visited.sessions.open(`${cookies[order]}; ${cookies[1 - order]}`)).data).toEqual({ n: 2 })
    }
  })

  it('of two sessions open as none, in an outage as well, and an invalid cookie counts for nothing', async () => {
    const visited = copyWorld()
    const [ada, eve] = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve')]
    visited.store.fail()

    expect((await visited.sessions.open(`${ada.cookie}; ${eve.cookie}`)).outcome).toBe('ambiguous')
    expect((await visited.sessions.open(`${user}=no; ${ada.cookie}`)).outcome).toBe('unconfirmed')
    expect(cookiesOf(await request(visited.sessions, `${ada.cookie}; ${eve.cookie}`))).toEqual({})
  })

  it('one of which has a copy, while the other is too old: the copy opens', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const old = visitor.cookie
    visited.clock.advance(unconfirmedFor / 2)
    await visit(visited.sessions, visitor)
    visited.clock.advance(unconfirmedFor / 2)
    visited.store.fail()

    expect((await visited.sessions.open(`${old}; ${visitor.cookie}`)).outcome).toBe('unconfirmed')
    expect((await visited.sessions.open(old)).outcome).toBe('unavailable')
  })
})
