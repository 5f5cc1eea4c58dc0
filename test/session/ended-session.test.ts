import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { browser, cookiesOf } from '../support/browser.ts'
import { stoppedClock } from '../support/clock.ts'
import { guest, secret, signedIn, visit, world } from '../support/sessions.ts'

describe('a session that was signed out', () => {
  it('opens nothing, with any cookie that it ever had', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const cookies = [visitor.cookie]
    for (const change of [
      () => {},
      (session: Session) => session.renew(),
      (session: Session) => session.signIn('ada'),
    ]) {
      visited.clock.advance(60)
      await visit(visited.sessions, visitor, change)
      cookies.push(visitor.cookie)
    }
    await visit(visited.sessions, visitor, (session) => session.signOut())

    for (const cookie of cookies) expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('is remembered by its id, whatever is signed out after it', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signOut())
    for (let others = 0; others < 300; others++) {
      await visit(visited.sessions, await signedIn(visited, 'eve'), (session) => session.signOut())
    }

    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('is not forgotten because of any number of guests', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signOut())
    for (let guests = 0; guests < 300; guests++) {
      await visit(visited.sessions, await guest(visited), (session) => session.signOut())
    }

    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('reports that, once', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const { id } = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => {
      session.signOut()
      session.signOut()
    })

    expect(visited.events.filter(({ type }) => type === 'ended')).toEqual([
      { type: 'ended', reason: 'signed-out', id, userId: 'ada', confirmed: true },
    ])
  })

  it('signs out no other session of its user', async () => {
    const visited = world()
    const [phone, laptop] = [await signedIn(visited), await signedIn(visited)]
    await visit(visited.sessions, phone, (session) => session.signOut())

    expect((await visited.sessions.open(laptop.cookie)).userId).toBe('ada')
  })
})

describe('a response that was on its way when its session ended', () => {
  const late: Record<string, (session: Session) => void> = {
    'touched it': () => {},
    'wrote data': (session) => (session.data['cart'] = ['milk']),
    'left a flash message': (session) => session.flash('info', 'Saved.'),
    'renewed it': (session) => session.renew(),
    'signed its user in again': (session) => session.signIn('ada'),
  }

  it.each(Object.keys(late))('sets no cookie, where it %s', async (what) => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    const { id } = session
    await visit(visited.sessions, visitor, (other) => other.signOut())
    late[what]!(session)

    expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
    expect(visited.events.at(-1)).toEqual({ type: 'refused', id, userId: 'ada' })
  })

  it('sets no cookie when it was renewed meanwhile', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (other) => other.renew())
    session.data['cart'] = ['milk']

    expect(cookiesOf(await visited.sessions.commit(session))).toEqual({})
    expect(visited.events.at(-1)).toMatchObject({ type: 'refused', userId: 'ada' })
  })

  it('sets no cookie with an old key, a failed response or in the background', async () => {
    const clock = stoppedClock()
    const old = world({ secrets: [secret('old')], touchAfter: 0 }, clock)
    const rotated = world({ secrets: [secret('new'), secret('old')], touchAfter: 0 }, clock)
    const visitor = await signedIn(old)
    const opened = [1, 2, 3].map(async () => rotated.sessions.open(visitor.cookie))
    const [plain, failed, background] = await Promise.all(opened)
    await visit(rotated.sessions, visitor, (session) => session.signOut())

    expect(cookiesOf(await rotated.sessions.commit(plain!))).toEqual({})
    expect(cookiesOf(await rotated.sessions.commit(failed!, { failed: true }))).toEqual({})
    expect(cookiesOf(await rotated.sessions.commit(background!, { background: true }))).toEqual({})
  })

  it('of a guest who signed in meanwhile sets no cookie', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const session = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (other) => other.signIn('ada'))
    session.data['cart'] = ['milk']

    expect(cookiesOf(await visited.sessions.commit(session))).toEqual({})
  })

  it('still signs out when it was to', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (other) => other.renew())
    session.signOut()

    expect(cookiesOf(await visited.sessions.commit(session))).toEqual({ '__Host-Http-session': '' })
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('ended')
  })
})

it('restarting forgets which sessions ended, and who is signed in stays so', async () => {
  const clock = stoppedClock()
  const before = world({}, clock)
  const visitor = await signedIn(before)
  const after = world({}, clock)

  expect((await after.sessions.open(visitor.cookie)).userId).toBe('ada')
  await visit(after.sessions, visitor, (session) => session.signOut())
  expect(visitor.cookie).toBe('')
})

it('a visitor’s browser that is closed loses nothing of a session that is remembered', async () => {
  const visited = world()
  const visitor = browser({ now: visited.clock.now })
  await visit(visited.sessions, visitor, (session) => session.signIn('ada', { remember: true }))
  visitor.close()

  expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
})
