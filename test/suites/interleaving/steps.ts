import fc from 'fast-check'
import type { Session } from '../../../src/index.ts'
import { day } from '../../support/clock.ts'
import { cuts, type Cut } from './backends.ts'

/** The code of a handler. */
export const acts = {
  read: (session: Session) => session.data['n'],
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
  'sign in ada briefly': (session: Session) => session.signIn('ada', { remember: false }),
}
export type Act = keyof typeof acts
export const users = ['ada', 'eve'] as const

/** `server` and `which` are taken modulo the number of servers, and of what there is to choose from. */
export type Step =
  | ({ do: 'open' } & OpenOptions)
  | { do: 'act'; which: number; acts: readonly Act[] }
  | ({ do: 'commit'; which: number } & Commit)
  | ({ do: 'open and commit' } & OpenOptions & Commit)
  | { do: 'wait'; seconds: number }
  // By a browser:
  | { do: 'arrive'; which: number }
  | { do: 'close' }
  | { do: 'replay'; server: number; which: number }
  // With a store:
  | ({ do: 'race'; user: string | null; except: number | null } & OpenOptions)
  | { do: 'revoke'; server: number; user: string; which: number }
  | { do: 'revoke all'; server: number; user: string; except: number | null }
  | ({ do: 'open in an outage' } & OpenOptions)
  | ({ do: 'cut'; how: Cut } & OpenOptions)
  | { do: 'reconnect'; server: number }

/** `cookies` are the places of issued cookies, newest first. A browser brings its own instead. */
export interface OpenOptions {
  server: number
  cookies: readonly number[]
  acts: readonly Act[]
}

export interface Commit {
  failed: boolean
  background: boolean
}

const nat = fc.nat(30)
const rarely = fc.nat(7).map((n) => n === 0)
const user = fc.constantFrom(...users)
const act = fc.constantFrom(...(Object.keys(acts) as Act[]))
const some = fc.array(act, { maxLength: 3 })
const none = fc.constant([])
const flags = { failed: rarely, background: rarely }
const except = fc.option(nat)

type Kind = Step['do']
const step = <Do extends Kind>(
  weight: number,
  kind: Do,
  fields: { [Field in keyof Omit<Extract<Step, { do: Do }>, 'do'>]: fc.Arbitrary<Extract<Step, { do: Do }>[Field]> },
) => ({ weight, arbitrary: fc.record({ do: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<Step> })

/** Steps of one browser, whose responses arrive in any order. */
export function browserSteps(waits: readonly number[] = [1, 3600, day, 3 * day]): fc.Arbitrary<Step[]> {
  const server = fc.nat(2)
  return fc.array(
    fc.oneof(
      step(5, 'open', { server, cookies: none, acts: none }),
      step(8, 'act', { which: nat, acts: fc.tuple(act) }),
      step(5, 'commit', { which: nat, ...flags }),
      step(5, 'arrive', { which: nat }),
      step(5, 'open and commit', { server, cookies: none, acts: some, ...flags }),
      step(2, 'wait', { seconds: fc.constantFrom(...waits) }),
      step(1, 'close', {}),
      step(1, 'replay', { server, which: nat }),
    ),
    { minLength: 10, maxLength: 60 },
  )
}

/** Steps of anyone who holds any of the cookies, while sessions are revoked and servers are cut off from the store. */
export function anyoneSteps(): fc.Arbitrary<Step[]> {
  const opening = {
    server: fc.constantFrom(0, 0, 1, 1, 2),
    cookies: fc.array(fc.oneof(nat, fc.constant(0)), { maxLength: 2 }),
    acts: some,
  }
  const { server } = opening
  return fc.array(
    fc.oneof(
      step(6, 'open', opening),
      step(3, 'act', { which: nat, acts: some }),
      step(5, 'commit', { which: nat, ...flags }),
      step(6, 'open and commit', { ...opening, ...flags }),
      step(3, 'race', { ...opening, acts: none, user: fc.option(user), except }),
      step(1, 'revoke', { server, user, which: nat }),
      step(2, 'revoke all', { server, user, except }),
      step(1, 'open in an outage', opening),
      step(2, 'wait', { seconds: fc.constantFrom(1, 250, 250, 250, 3600, day, 4 * day) }),
      step(2, 'cut', { ...opening, how: fc.constantFrom(...(Object.keys(cuts) as Cut[])) }),
      step(2, 'reconnect', { server }),
    ),
    { minLength: 5, maxLength: 50 },
  )
}

/** Steps in which sessions often end, or are renewed, shortly before or after a server is cut off from the store. */
export function outageSteps(): fc.Arbitrary<Step[]> {
  const server = fc.constantFrom(0, 1)
  const cookies = fc.tuple(fc.nat(4))
  const opening = { server, cookies, acts: none }
  const changes = fc.constantFrom<Act[]>(['sign in ada'], ['renew'], ['write'], ['update'], ['update', 'renew'])
  return fc.array(
    fc.oneof(
      step(3, 'open and commit', { ...opening, acts: changes, ...flags }),
      step(6, 'open and commit', { ...opening, ...flags }),
      step(1, 'open', { ...opening, acts: some }),
      step(1, 'open', { ...opening, acts: changes }),
      step(2, 'commit', { which: nat, ...flags }),
      step(1, 'revoke', { server, user: fc.constant('ada'), which: fc.nat(4) }),
      step(1, 'revoke all', { server, user: fc.constant('ada'), except }),
      step(1, 'wait', { seconds: fc.constantFrom(1, 100) }),
      step(3, 'cut', { ...opening, how: fc.constantFrom('off', 'deaf', ...(Object.keys(cuts) as Cut[])) }),
      step(2, 'reconnect', { server }),
    ),
    { minLength: 10, maxLength: 40 },
  )
}

/** Steps in which one user signs in at several servers, while all of the user's sessions are revoked. */
export function revocationSteps(): fc.Arbitrary<Step[]> {
  const server = fc.nat(2)
  const acts = fc.constantFrom<Act[]>(['sign in ada'], ['sign in ada'], ['renew'], [])
  const opening = { server, cookies: fc.array(nat, { maxLength: 1 }), acts }
  const [user, saved] = [fc.constant('ada'), { failed: fc.constant(false), background: fc.constant(false) }]
  return fc.array(
    fc.oneof(
      step(5, 'open', opening),
      step(5, 'commit', { which: nat, ...saved }),
      step(3, 'open and commit', { ...opening, ...saved }),
      step(3, 'revoke all', { server, user, except }),
      step(2, 'race', { ...opening, acts: none, user, except }),
      step(1, 'wait', { seconds: fc.constantFrom(1, 250) }),
    ),
    { minLength: 5, maxLength: 30 },
  )
}
