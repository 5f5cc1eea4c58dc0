import fc from 'fast-check'
import type { Session } from '../../../src/index.ts'
import { day } from '../../support/clock.ts'
import { cuts, type Cut } from './backends.ts'

/** What a handler does. */
export const acts = {
  write: (session: Session) => (session.data['n'] = (session.data['n'] ?? 0) + 1),
  'write another key': (session: Session) => (session.data['m'] = [session.userId]),
  update: (session: Session) => session.update('n', (n = 0) => n + 1),
  empty: (session: Session) => (session.data = {}),
  flash: (session: Session) => session.flash('info', 'Saved.'),
  take: (session: Session) => session.takeFlashes(),
  csrf: (session: Session) => session.csrfToken,
  renew: (session: Session) => session.renew(),
  'sign out': (session: Session) => session.signOut(),
  'sign in ada': (session: Session) => session.signIn('ada'),
  'sign in eve': (session: Session) => session.signIn('eve'),
}
export type Act = keyof typeof acts
export const users = ['ada', 'eve'] as const

const nat = fc.nat(30)
const seldom = fc.nat(7).map((n) => n === 0)
const server = fc.constantFrom(0, 0, 1, 1, 2)
const user = fc.constantFrom(...users)
const act = fc.constantFrom(...(Object.keys(acts) as Act[]))
const some = fc.array(act, { maxLength: 3 })
const cookies = fc.array(fc.oneof(nat, fc.constant(0)), { maxLength: 2 })
const flags = { failed: seldom, background: seldom }
const spared = fc.option(nat)

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('open' as const), server, cookies, acts: some }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('act' as const), which: nat, acts: some }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), which: nat, ...flags }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('whole' as const), server, cookies, acts: some, ...flags }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('race' as const), server, user: fc.option(user), spared, cookies }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), server, user, which: nat }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke all' as const), server, user, spared }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('blind' as const), server, cookies, acts: some }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 250, 250, 250, 3600, day, 4 * day),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      cookies,
      acts: some,
      server,
      how: fc.constantFrom(...(Object.keys(cuts) as Cut[])),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('back' as const), server }) },
)
export const anySteps = fc.array(step, { minLength: 5, maxLength: 50 })
export type StoreStep = typeof step extends fc.Arbitrary<infer One> ? One : never
