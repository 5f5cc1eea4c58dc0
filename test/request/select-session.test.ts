import { expect, it } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { emptyToken, type Token } from '../../src/core/token.ts'
import type { LookupResult } from '../../src/repository/repository.ts'
import { noSession, selectAmongSameName, selectSession, selectUser } from '../../src/request/select-session.ts'

/** The lookup result of a session, called by its id. */
function found(outcome: Outcome, id: string | null, rest: Partial<Token> = {}): LookupResult {
  const token: Token = {
    ...emptyToken,
    identity: id === null ? null : { id, secret: 's' },
    createdAt: 0,
    remember: true,
    data: {},
    ...rest,
  }
  return { outcome, token, isStale: false }
}

const user = (outcome: Outcome, id = 'user') => found(outcome, id, { userId: 'ada' })
const foreignUser = (outcome: Outcome) => found(outcome, 'foreign', { userId: 'ada' })
const guest = (outcome: Outcome, id = 'guest') => found(outcome, id)
const unreadable = (outcome: Outcome): LookupResult => ({ outcome, token: null, isStale: false })
const unavailable = (cause: string): LookupResult => ({ outcome: 'unavailable', token: null, isStale: false, cause })

const idOf = (result: LookupResult) => result.token?.identity?.id ?? null

// Each row: the lookup results of the three cookies, the session that opens, the outcome, the id that the outcome is about.
it.each<
  [string, { user?: LookupResult; foreign?: LookupResult; guest?: LookupResult }, string | null, Outcome, string | null]
>([
  ['opens nothing without a cookie', {}, null, 'none', null],
  ['opens the user’s session', { user: user('active') }, 'user', 'active', 'user'],
  ['opens the user’s copy during an outage', { user: user('unconfirmed') }, 'user', 'unconfirmed', 'user'],
  ['opens the guest’s session', { guest: guest('active') }, 'guest', 'active', 'guest'],
  ['prefers the user to the guest', { user: user('active'), guest: guest('active') }, 'user', 'active', 'user'],
  [
    'prefers the user’s copy to the guest’s confirmed session',
    { user: user('unconfirmed'), guest: guest('active') },
    'user',
    'unconfirmed',
    'user',
  ],
  [
    'opens the guest’s session and says that the user’s was revoked',
    { user: user('revoked'), guest: guest('active') },
    'guest',
    'revoked',
    'user',
  ],
  [
    'opens the guest’s session and says that the user’s cookie was forged',
    { user: unreadable('forged'), guest: guest('active') },
    'guest',
    'forged',
    null,
  ],
  ['opens nothing and says that the user’s session was idle', { user: user('idle') }, null, 'idle', 'user'],
  [
    'prefers the outcome of the user’s cookie to the guest’s',
    { user: user('expired'), guest: guest('ended') },
    null,
    'expired',
    'user',
  ],
  [
    'says that the guest’s session expired if no user cookie came',
    { guest: guest('expired') },
    null,
    'expired',
    'guest',
  ],
  ['opens nothing if the user’s session cannot be looked up', { user: unavailable('down') }, null, 'unavailable', null],
  [
    'opens the guest’s session although the user’s cannot be looked up',
    { user: unavailable('down'), guest: guest('active') },
    'guest',
    'unavailable',
    null,
  ],
  [
    'begins no session over a guest’s that cannot be looked up',
    { user: user('revoked'), guest: unavailable('down') },
    null,
    'unavailable',
    null,
  ],
  ['adopts another library’s user', { foreign: foreignUser('active') }, 'foreign', 'active', 'foreign'],
  [
    'prefers another library’s user to our guest',
    { foreign: foreignUser('active'), guest: guest('active') },
    'foreign',
    'active',
    'foreign',
  ],
  [
    'adopts another library’s user in place of ours, which ended',
    { user: user('ended'), foreign: foreignUser('active') },
    'foreign',
    'active',
    'foreign',
  ],
  ['adopts another library’s guest', { foreign: guest('active', 'foreign') }, 'foreign', 'active', 'foreign'],
  [
    'prefers our guest to another library’s',
    { foreign: guest('active', 'foreign'), guest: guest('active') },
    'guest',
    'active',
    'guest',
  ],
  [
    'adopts another library’s guest in place of ours, which ended',
    { foreign: guest('active', 'foreign'), guest: guest('ended') },
    'foreign',
    'active',
    'foreign',
  ],
  ['says that the other library’s store does not answer', { foreign: unavailable('down') }, null, 'unavailable', null],
])('%s', (_, candidates, openedId, outcome, outcomeId) => {
  const selection = selectSession({ user: noSession, foreign: noSession, guest: noSession, ...candidates })

  expect(selection.outcome).toBe(outcome)
  expect(idOf(selection.opened)).toBe(openedId)
  expect(selection.token?.identity?.id ?? null).toBe(outcomeId)
})

it.each<[string, Parameters<typeof selectSession>[0], unknown]>([
  ['of the user’s session', { user: unavailable('user'), foreign: noSession, guest: guest('active') }, 'user'],
  [
    'of the guest’s session, if that is unknown',
    { user: unavailable('user'), foreign: noSession, guest: unavailable('guest') },
    'guest',
  ],
  [
    'of the copy that opened',
    { user: user('ended'), foreign: noSession, guest: { ...guest('unconfirmed'), cause: 'copy' } },
    'copy',
  ],
  ['of nothing, if all was looked up', { user: user('active'), foreign: noSession, guest: noSession }, undefined],
])('reports the driver’s error %s', (_, candidates, cause) => {
  expect(selectSession(candidates).cause).toBe(cause)
})

const ours = user('active')
const foreign = foreignUser('active')
const outage = unavailable('down')

it.each<[string, LookupResult, LookupResult, LookupResult]>([
  ['ours, without another library', ours, noSession, ours],
  ['the other library’s user', noSession, foreign, foreign],
  ['the other library’s user instead of ours, which ended', user('ended'), foreign, foreign],
  ['ours, if the other library has a guest', ours, guest('active'), ours],
  ['the other library’s outage, because its user may be signed in', noSession, outage, outage],
])('selects as the user %s', (_, userResult, foreignResult, selected) => {
  expect(selectUser({ user: userResult, foreign: foreignResult })).toBe(selected)
})

// The number is the position of the selected result; `null` if it is none of them.
it.each<[string, LookupResult[], Outcome, number | null]>([
  ['no session if there is no cookie', [], 'none', null],
  ['the only one, even if it ended', [user('ended')], 'ended', 0],
  ['the live one among ended ones', [user('ended', 'old'), user('active', 'new'), unreadable('forged')], 'active', 1],
  ['neither of two different sessions', [user('active', 'one'), user('active', 'other')], 'ambiguous', null],
  [
    'neither of two sessions if one is a copy',
    [user('unconfirmed', 'one'), user('active', 'other')],
    'ambiguous',
    null,
  ],
  [
    'the live one although an older cookie of it cannot be looked up',
    [user('unavailable'), user('active')],
    'active',
    1,
  ],
  [
    'the one that cannot be looked up rather than the live one of another session',
    [user('active', 'planted'), user('unavailable')],
    'unavailable',
    1,
  ],
  ['the one that cannot be looked up rather than an ended one', [user('ended'), outage], 'unavailable', 1],
  ['the first if all ended', [user('revoked', 'one'), user('idle', 'other')], 'revoked', 0],
  [
    'the first of two without ids, although the other was used later',
    [found('active', null), found('active', null, { lastSeenAt: 9 })],
    'active',
    0,
  ],
])('selects %s, among cookies of one name', (_, results, outcome, position) => {
  const selected = selectAmongSameName(results)

  expect(selected.outcome).toBe(outcome)
  if (position === null) expect(selected.token).toBeNull()
  else expect(selected).toBe(results[position])
})

it.each<[string, Partial<Token>, Partial<Token>]>([
  ['higher version', { version: 2, lastSeenAt: 1 }, { version: 1, lastSeenAt: 9 }],
  ['later use, if the versions are equal', { version: 1, lastSeenAt: 9 }, { version: 1, lastSeenAt: 1 }],
])('selects the copy of a session with the %s, in whichever order the cookies come', (_, newer, older) => {
  const [best, other] = [found('active', 'same', newer), found('unconfirmed', 'same', older)]

  expect(selectAmongSameName([best, other])).toBe(best)
  expect(selectAmongSameName([other, best])).toBe(best)
})
