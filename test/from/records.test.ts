import { describe, expect, it } from 'vitest'
import { fromRecords, type FromRecordsOptions } from '../../src/from/records.ts'
import { request, visit } from '../support/sessions.ts'
import { gone, storeWorld } from '../support/stores.ts'
import { browser } from '../support/browser.ts'
import { day } from '../support/clock.ts'

interface Row {
  user: unknown
  cart?: string[]
  signedInAt?: Date | number
}

/** A table with the ids `1` to `9`, in which the row of an id is `row`. */
function world(row: Row | null, options: Partial<FromRecordsOptions<Row>> = {}) {
  const ended: string[] = []
  const reader = fromRecords<Row>({
    cookieName: 'token',
    idOf: (value) => (/^[1-9]$/.test(value) ? value : null),
    find: async () => row,
    end: async (id) => void ended.push(id),
    user: (found) => found.user as string,
    dataOf: ({ cart }) => ({ cart }),
    ...options,
  })
  return { ...storeWorld({ accept: [reader] }), ended }
}

describe('fromRecords', () => {
  it.each([
    ['7', '7'],
    [7, '7'],
    [0, '0'],
  ])('has the user %j as %j', async (user, userId) => {
    expect((await world({ user }).sessions.open('token=1')).userId).toBe(userId)
  })

  it.each([[null], [undefined], ['']])('has a guest if the user is %j', async (user) => {
    const session = await world({ user, cart: ['tea'] }).sessions.open('token=1')
    expect(session).toMatchObject({ userId: null, data: { cart: ['tea'] } })
  })

  it.each([[{}], [1.5], [NaN], [true], [['7']]])('cannot tell the user if it is %j, and says so', async (user) => {
    const session = await world({ user }).sessions.open('token=1')
    expect(session.outcome).toBe('unavailable')
    expect(() => session.userId).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE' }))
  })

  it('waits for the user, as to check that it still exists', async () => {
    const { sessions } = world({ user: 7 }, { user: async ({ user }) => (user === 7 ? null : '8') })
    expect(await sessions.open('token=1')).toMatchObject({ userId: null, outcome: 'none' })
  })

  it('keeps no data of a record, unless told which', async () => {
    const session = await world({ user: 7, cart: ['tea'] }, { dataOf: undefined }).sessions.open('token=1')
    expect(session.data).toEqual({})
  })

  it('asks for no id that the value does not have', async () => {
    const find = async () => {
      throw new Error('asked')
    }
    const { sessions } = world(null, { find })
    for (const value of ['x', '10', '%', '%E0%A4%A', '', '1 OR 1'])
      expect((await sessions.open(`token=${value}`)).outcome).toBe('none')
  })

  it('ignores a value if reading its id throws', async () => {
    const idOf = (value: string) => JSON.parse(value) as string
    const { sessions } = world({ user: 7 }, { idOf })
    expect((await sessions.open('token=a')).userId).toBeNull()
    expect((await sessions.open('token=1')).userId).toBeNull()
    expect((await sessions.open('token=%221%22')).userId).toBe('7')
  })

  it('has the time of the sign-in, if it is known', async () => {
    const { sessions, clock } = world({ user: 7 }, { signedInAt: () => new Date(at) })
    const at = clock.now() - 3_600_000
    const session = await sessions.open('token=1')
    expect(session.signedInAt).toBe(at)
    expect(await sessions.list('7')).toMatchObject([{ createdAt: at, signedInAt: at }])
  })

  it.each([['2026-01-15T10:00:00Z'], [Date.UTC(2026, 0, 15, 10)], [new Date(Date.UTC(2026, 0, 15, 10))]])(
    'reads the time of the sign-in %j',
    async (signedInAt) => {
      const { sessions } = world({ user: 7 }, { signedInAt: () => signedInAt })
      const session = await sessions.open('token=1')
      await sessions.commit(session)
      const signedIn = Date.UTC(2026, 0, 15, 10)
      expect(session.signedInAt).toBe(signedIn)
      expect(await sessions.list('7')).toMatchObject([{ createdAt: signedIn, signedInAt: signedIn }])
    },
  )

  it('takes a time up to a minute ahead for now, and one that is none or further ahead for unknown', async () => {
    const opened = (signedInAt: any) => world({ user: 7 }, { signedInAt: () => signedInAt })
    const start = opened(0).clock.now()
    expect((await opened(start + 60_000).sessions.open('token=1')).signedInAt).toBe(start)
    for (const none of [new Date('x'), 'yesterday', NaN, undefined, null, start + 60_001, 8.64e15, Infinity])
      expect(await opened(none).sessions.open('token=1')).toMatchObject({ userId: '7', signedInAt: null })
  })

  it('refuses a record after revokeAll, though its time is ahead because of a time zone', async () => {
    const { sessions, clock } = world({ user: 7 }, { signedInAt: () => signedInAt })
    const signedInAt = clock.now() + 2 * 3_600_000
    clock.advance(600)
    await sessions.revokeAll('7')
    clock.advance(600)
    expect(await sessions.open('token=1')).toMatchObject({ userId: null, outcome: 'revoked' })
  })

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [['tea'], 'a list'],
    ['tea', 'string'],
    [Promise.resolve({ cart: ['tea'] }), 'a promise'],
  ])('is unavailable, and says why without the data, if dataOf returns %j', async (kept, type) => {
    const session = await world({ user: 7 }, { dataOf: () => kept as never }).sessions.open('token=1')
    const message = `dataOf of fromRecords must return an object, and {} to keep nothing; not ${type}.`
    const cause = expect.objectContaining({ message })
    expect(() => session.userId).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', cause }))
  })

  it('refuses a session that the absolute timeout has ended', async () => {
    const { sessions } = world({ user: 7 }, { signedInAt: () => 0 })
    expect(await sessions.open('token=1')).toMatchObject({ userId: null, outcome: 'expired' })
  })

  it('is unavailable while the table does not answer, and no cookie changes', async () => {
    const { sessions } = world(null, { find: async () => Promise.reject(gone) })
    expect((await sessions.open('token=1')).outcome).toBe('unavailable')
    expect((await request(sessions, 'token=1')).getSetCookie()).toEqual([])
  })

  it('opens a session again that idled out here, and none that was revoked', async () => {
    const { sessions, clock, store } = world({ user: 7 })
    for (const id of ['1', '2']) await request(sessions, `token=${id}`)
    const revoked = await sessions.open('token=2')
    await sessions.revoke('7', revoked.id!)
    clock.advance(8 * day)
    await store.sweep!(clock.now())
    expect((await sessions.open('token=1')).userId).toBe('7')
    expect(await sessions.open('token=2')).toMatchObject({ userId: null, outcome: 'revoked' })
  })

  it('ends the records of all its cookies at a sign-out', async () => {
    const { sessions, ended } = world({ user: 7 })
    const visitor = browser()
    visitor.put('token', '1')
    const header = `${visitor.cookie}; token=2`
    const session = await sessions.open(header)
    session.signOut()
    visitor.receive(await sessions.commit(session))
    expect(ended).toEqual(['1', '2'])
    expect(visitor.cookie).toBe('')
    await visit(sessions, visitor)
  })
})
