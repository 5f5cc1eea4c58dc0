import { describe, expect, it } from 'vitest'
import { readSetCookie } from '../support/browser.ts'
import { day, hour } from '../support/clock.ts'
import { guest, signedIn, visit, world } from '../support/sessions.ts'

describe('use', () => {
  it('is written down once every touchAfter', async () => {
    const visited = world({ touchAfter: 600 })
    const visitor = await signedIn(visited)

    visited.clock.advance(599)
    expect((await visit(visited.sessions, visitor)).getSetCookie()).toEqual([])
    visited.clock.advance(1)
    expect((await visit(visited.sessions, visitor)).getSetCookie()).toHaveLength(1)
    visited.clock.advance(599)
    expect((await visit(visited.sessions, visitor)).getSetCookie()).toEqual([])
  })

  it('is written down on every request with touchAfter 0', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)

    expect((await visit(visited.sessions, visitor)).getSetCookie()).toHaveLength(1)
    expect((await visit(visited.sessions, visitor)).getSetCookie()).toHaveLength(1)
  })

  it('does not count in the background, whatever the handler changes there', async () => {
    const visited = world({ idleTimeout: day })
    const visitor = await signedIn(visited)
    for (let hours = 1; hours < 24; hours++) {
      visited.clock.advance(hour)
      await visit(visited.sessions, visitor, (session) => (session.data['polled'] = hours), { background: true })
      expect((await visited.sessions.open(visitor.cookie)).data['polled']).toBe(hours)
    }

    visited.clock.advance(hour)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
  })

  it('starts again with a sign-in, also one on a request in the background', async () => {
    const visited = world({ idleTimeout: day })
    const visitor = await guest(visited)
    visited.clock.advance(23 * hour)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'), { background: true })

    visited.clock.advance(2 * hour)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
  })

  it('keeps a visitor who comes every day signed in until the absolute limit', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    for (let days = 1; days < 30; days++) {
      visited.clock.advance(day)
      await visit(visited.sessions, visitor)
      expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
    }

    visited.clock.advance(day)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('expired')
  })
})

describe('remember', () => {
  it('leaves out Max-Age when it is off, so that the session goes with the browser', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { remember: false })
    const headers = await visit(visited.sessions, visitor, (session) => (session.data['cart'] = []))

    expect(readSetCookie(headers.getSetCookie()[0]!).maxAge).toBeUndefined()
    visitor.close()
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('none')
  })

  it('keeps the session through the end of the browser when it is on', async () => {
    const visited = world({ remember: false })
    const visitor = await signedIn(visited, 'ada', { remember: true })
    visitor.close()

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', remember: true })
  })

  it('is what the option says unless the sign-in says otherwise', async () => {
    const visited = world({ remember: false })
    const visitor = await signedIn(visited)

    expect((await visited.sessions.open(visitor.cookie)).remember).toBe(false)
  })
})
