import { describe, expect, it } from 'vitest'
import type { ChangedKey, Token } from '../../src/core/token.ts'
import { createPendingChanges } from '../../src/repository/pending-changes.ts'
import { digestOf } from '../../src/session/data-changes.ts'
import { token as someToken } from '../support/tokens.ts'

const user: Token = { ...someToken, userId: 'ada', identity: { id: 'user', secret: 'a secret' }, confirmedAt: null }
const guest = (n: number): Token => ({ ...user, userId: null, identity: { id: `guest ${n}`, secret: `secret ${n}` } })
/** The key was missing before. */
const changed: readonly ChangedKey[] = [['cart', 5, '']]

describe('what is remembered of changes', () => {
  it('has a bound in bytes for each session, however long the keys of failed writes are', () => {
    const pending = createPendingChanges(true)
    const keys = Array.from({ length: 200 }, (_, n) => `${n}`.padEnd(100_000, 'x'))
    for (const key of keys) pending.attempted(user, { [key]: 'text' }, [[key, 1]], {})
    const kept = keys.filter((key) => pending.withAttempts(user, [[key, 1, '']])[0]!.length > 3)

    expect(kept).toEqual([])
    pending.attempted(user, { cart: 'text' }, [['cart', 1]], {})
    expect(pending.withAttempts(user, changed)[0]).toHaveLength(4)
  })

  it('of one session stays the same if more would not fit', () => {
    const pending = createPendingChanges(true)
    for (let n = 1; n <= 1000; n++) pending.settle(user, [[`key ${n}`, n]], 1)

    expect(pending.settledAt(user, 'key 1')).toBe(1)
    expect(pending.settledAt(user, 'key 1000')).toBe(0)
  })

  it('of two secrets of a session is apart, and of no more', () => {
    const pending = createPendingChanges(true)
    const withSecret = (n: number): Token => ({ ...user, identity: { id: 'user', secret: `secret ${n}` } })
    pending.settle(withSecret(1), [['cart', 1]], 1)
    pending.settle(withSecret(2), [['cart', 2]], 1)
    expect([1, 2].map((n) => pending.settledAt(withSecret(n), 'cart'))).toEqual([1, 2])
    pending.settle(withSecret(1), [['theme', 3]], 1)
    pending.settle(withSecret(4), [['cart', 4]], 1)
    expect([1, 2, 4].map((n) => pending.settledAt(withSecret(n), 'cart'))).toEqual([1, 0, 4])
  })

  it('of users is not pushed out by guests', () => {
    const pending = createPendingChanges(true)
    pending.settle(user, changed, 1)
    pending.attempted(user, { cart: 'text' }, [['cart', 1]], {})
    pending.wrote(user, 7, { set: {}, unset: [] })
    for (let n = 0; n < 50_000; n++) {
      pending.settle(guest(n), changed, 1)
      pending.wrote(guest(n), 7, { set: {}, unset: [] })
    }

    expect(pending.settledAt(user, 'cart')).toBe(5)
    expect(pending.withAttempts(user, changed)[0]).toHaveLength(4)
    expect(pending.isStale({ ...user, version: 6 })).toBe(true)
    expect(pending.settledAt(guest(0), 'cart')).toBe(0)
  })

  it('of others is not pushed out by one session that changes often', () => {
    const pending = createPendingChanges(true)
    pending.settle(user, changed, 1)
    const busy = { ...user, identity: { id: 'busy', secret: 'another secret' } }
    for (let n = 0; n < 1000; n++)
      pending.keep({ ...busy, data: { cart: 'x'.repeat(20_000) }, changed: [['cart', n + 1]] })

    expect(pending.settledAt(user, 'cart')).toBe(5)
  })

  it('of a failed write counts once if it is noted twice', () => {
    const pending = createPendingChanges(true)
    const write = (n: number): void => pending.attempted(user, { cart: `${n}` }, [['cart', n]], { cart: `${n - 1}` })
    for (let n = 1; n <= 7; n++) {
      write(n)
      write(n)
    }

    expect(pending.withAttempts(user, [['cart', 9, digestOf({ cart: '0' }, 'cart')]])[0]).toHaveLength(2 + 1 + 7)
  })

  it('of a failed write is forgotten when a later one of the key succeeds', () => {
    const pending = createPendingChanges(true)
    pending.attempted(user, { cart: 'text' }, [['cart', 1]], {})
    pending.wrote(user, 2, { set: { theme: 'text' }, unset: [] })
    expect(pending.withAttempts(user, changed)[0]).toHaveLength(4)
    pending.wrote(user, 3, { set: {}, unset: ['cart'] })

    expect(pending.withAttempts(user, changed)).toEqual(changed)
  })

  it('of a failed write lets no older change replace it, and gives later changes a later time', () => {
    const pending = createPendingChanges(true)
    pending.attempted(user, { cart: 'text' }, [['cart', 6]], {})

    expect(pending.withAttempts(user, changed)).toEqual(changed)
    const later: ChangedKey = ['cart', pending.nextTime(3, user), '']
    expect(later[1]).toBe(7)
    expect(pending.withAttempts(user, [later])[0]).toHaveLength(4)
  })

  it('is not shown to a cookie from before a renewal', () => {
    const pending = createPendingChanges(true)
    pending.keep({ ...user, data: { cart: 'text' }, changed })
    const old = { ...user, identity: { id: 'user', secret: 'an old secret' } }

    expect(pending.merge(user).changed).toEqual(changed)
    expect(pending.merge(old).changed).toEqual([])
  })

  it('has no versions and no failed writes if cookies have no copies', () => {
    const pending = createPendingChanges(false)
    pending.wrote(user, 7, { set: {}, unset: [] })
    pending.attempted(user, { cart: 'text' }, [['cart', 1]], {})

    expect(pending.isStale({ ...user, version: 6 })).toBe(false)
    expect(pending.withAttempts(user, changed)).toEqual(changed)
  })
})
