import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { besides, copyWorld, isBack, stopTime } from '../support/outages.ts'
import { request, secret, signedIn, visit } from '../support/sessions.ts'
import { tokenIn } from '../support/stores.ts'

stopTime()

const user = '__Host-Http-session'

describe('secrets that are rotated', () => {
  const [old, young] = [secret('old'), secret('young')]

  it('open copies, during an outage as well; what is changed in it the new one seals', async () => {
    const before = copyWorld({ secrets: [old] })
    const visitor = await signedIn(before, 'ada', { data: { cart: ['tea'] } })
    const after = besides(before, { secrets: [young, old] })
    after.store.fail()
    await visit(after.sessions, visitor, (session) => {
      expect(session.outcome).toBe('unconfirmed')
      session.data['cart'] = ['oil']
    })
    const only = besides(before, { secrets: [young] })

    expect(await only.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['oil'] } })
  })

  it('seal copies again on the next page that the store answers, once', async () => {
    const before = copyWorld({ secrets: [old] })
    const visitor = await signedIn(before, 'ada', { data: { cart: ['tea'] } })
    const after = besides(before, { secrets: [young, old] })
    expect(Object.keys(cookiesOf(await visit(after.sessions, visitor)))).toEqual([user])
    expect(cookiesOf(await visit(after.sessions, visitor))).toEqual({})
    const only = besides(before, { secrets: [young] })
    only.store.fail()

    expect(await only.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unconfirmed', data: { cart: ['tea'] } })
  })
})

describe('a request in the background', () => {
  it('renews the copy, and is no use of the session', async () => {
    const visited = copyWorld({ idleTimeout: 1000, touchAfter: 10 })
    const visitor = await signedIn(visited)
    const { expiresAt } = await visited.sessions.open(visitor.cookie)
    const at = visited.clock.now()
    for (let seconds = 0; seconds < 960; seconds += 60) {
      visited.clock.advance(60)
      await visit(visited.sessions, visitor, undefined, { background: true })
    }
    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({ lastSeenAt: at })
    expect((await visited.store.records())[0]).toMatchObject({ lastSeenAt: at, expiresAt })
    visited.store.fail()
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
    visited.clock.advance(40)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
  })

  it('that changes something in an outage is no use either', async () => {
    const visited = copyWorld({ idleTimeout: 500, touchAfter: 10 })
    const visitor = await signedIn(visited)
    visited.store.fail()
    visited.clock.advance(300)
    await visit(visited.sessions, visitor, (session) => (session.data['n'] = 1), { background: true })
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 1 })
    visited.clock.advance(200)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
  })
})

describe('a page that fails', () => {
  it('keeps nothing of what it changed in an outage, and what was changed before it', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => (session.data['one'] = 1))
    await visit(visited.sessions, visitor, (session) => (session.data['two'] = 2), { failed: true })
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ one: 1 })
    await isBack(visited)
    await visit(visited.sessions, visitor, (session) => (session.data['three'] = 3), { failed: true })

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ one: 1 })
    expect((await visited.store.records())[0]!.data).toEqual({ one: '1' })
  })
})

describe('a schema', () => {
  const strict = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: any) =>
        'n' in value && typeof value.n !== 'number'
          ? { issues: [{ message: 'n is a number', path: ['n'] }] }
          : { value: { n: 0, ...value } as { n: number } },
    },
  }

  it('is applied to a copy as to a record: defaults are there, and what does not fit is refused', async () => {
    const visited = copyWorld({ schema: strict } as never)
    const visitor = await signedIn(visited)
    visited.store.fail()
    const session = await visited.sessions.open(visitor.cookie)
    expect(session.data).toEqual({ n: 0 })
    session.data['n'] = 'no'
    await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_DATA' })
    await visit(visited.sessions, visitor, (each) => (each.data['n'] = 2))
    await isBack(visited)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 2 })
  })

  it('that a copy does not fit costs its owner the data for the outage, not the sign-in', async () => {
    const before = copyWorld()
    const visitor = await signedIn(before, 'ada', { data: { n: 'old' } })
    const visited = besides(before, { schema: strict } as never)
    visited.store.fail()
    const session = await visited.sessions.open(visitor.cookie)
    expect(session).toMatchObject({ userId: 'ada', data: { n: 0 } })
    await visited.sessions.commit(session)

    expect((await before.sessions.open(visitor.cookie)).data).toEqual({ n: 'old' })
  })
})

describe('Session.update in an outage', () => {
  const count = (session: Session) => session.update('n', (n = 0) => n + 1)

  it('changes the copy, each time from the current value, and is written back once', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, count)
    visited.store.fail()
    for (let times = 0; times < 3; times++) await visit(visited.sessions, visitor, count)
    await isBack(visited)
    await visit(visited.sessions, visitor, count)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 5 })
  })

  it('of a request at the end of the outage is applied to the newer value', async () => {
    const visited = copyWorld()
    const cutOff = besides(visited)
    const visitor = await signedIn(visited, 'ada', { data: { n: 1 } })
    cutOff.store.fail()
    const session = await cutOff.sessions.open(visitor.cookie)
    count(session)
    await request(visited.sessions, visitor.cookie, (other) => (other.data['n'] = 10))
    await isBack(cutOff)
    visitor.receive(await cutOff.sessions.commit(session))

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 11 })
  })
})
