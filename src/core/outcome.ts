/**
 * How a session opened, as one word.
 *
 * | word | meaning | what the handler has |
 * |---|---|---|
 * | `none` | no cookie of ours | a guest, empty; nothing is written or sent until it is |
 * | `active` | opened | the session |
 * | `unconfirmed` | opened from the cookie's copy: the store cannot be asked | the session; it cannot sign in, renew, list or revoke |
 * | `unreadable` | opened, but its data cannot be read or does not fit the schema | the session, its data empty |
 * | `malformed`, `forged`, `unknown-key` | not a token; not sealed by us; sealed by a key that we do not hold | a guest |
 * | `ambiguous` | two cookies of our name open as different sessions | a guest |
 * | `idle`, `expired` | unused for too long; signed in too long ago | a guest |
 * | `revoked` | ended from elsewhere: by id, or with all of its user's | a guest |
 * | `ended` | signed out, renewed since, or unknown to the store | a guest |
 * | `unavailable` | the store does not answer, and the cookie alone does not suffice | touching it throws `ERR_SESSION_UNAVAILABLE` |
 *
 * When the request brought the cookie of a signed-in user, the word is about that cookie, also where a guest's session opened in its stead.
 * A token that was refused changes no cookie, whatever the word: only a sign-in replaces the signed-in cookie, and only a sign-out clears it.
 */
export type Outcome =
  | 'none'
  | 'active'
  | 'unconfirmed'
  | 'unreadable'
  | 'malformed'
  | 'forged'
  | 'unknown-key'
  | 'ambiguous'
  | 'idle'
  | 'expired'
  | 'revoked'
  | 'ended'
  | 'unavailable'

/** An outcome in words. */
export interface Explanation {
  /** What happened, for the person it happened to and for whoever looks into it. */
  readonly sentence: string
  /** What can be done about it, for whoever runs the application; empty where nothing need be. */
  readonly fix: string
}

// Pairs, since each byte of this is loaded with the core.
const explanations: Readonly<Record<Outcome, readonly [sentence: string, fix: string]>> = {
  none: [
    'There is no session yet.',
    'If there should be one, see whether the browser kept the cookie: a Secure cookie is dropped on plain http, and one of over 4,096 bytes always.',
  ],
  active: ['This session is active.', ''],
  unconfirmed: [
    'This session is active, although its store cannot be asked right now.',
    'See whether the store is up; the session goes on by itself once it answers.',
  ],
  unreadable: [
    'This session is active, but what it held cannot be read.',
    'If createSessions has a schema, let it accept what earlier versions of the application wrote. If not, see what else writes these sessions.',
  ],
  malformed: [
    'The browser sent something that is no session.',
    'It was cut short, changed, or written by something else. See whether another application on this host, or another path, uses the same cookie name.',
  ],
  forged: [
    'The browser sent a session that was cut short or changed, or that belongs elsewhere.',
    'A cookie opens whole, and under the cookie name and audience that it was sealed for. See whether one of these was changed, and whether a proxy rewrites cookies.',
  ],
  'unknown-key': [
    'This session was sealed with a key that is not here.',
    'Keep the former key in SECRET_KEY_FALLBACKS until the cookies that it sealed have run out, and set the same SECRET_KEY on every server. Two applications on one host, whatever their ports, need two cookie names.',
  ],
  ambiguous: [
    'The browser sent two different sessions at once.',
    'Another path or a parent domain sets a cookie of this name. The __Host- prefix prevents that.',
  ],
  idle: ['You were away for too long.', 'If that is too soon, raise idleTimeout.'],
  expired: ['You signed in too long ago.', 'If that is too soon, raise absoluteTimeout.'],
  revoked: ['You were signed out from another device.', 'Sign in again.'],
  ended: ['You were signed out here, or your sign-in was replaced or lost.', 'Sign in again.'],
  unavailable: [
    'Whether this session is still good cannot be told right now.',
    'See whether the store is up; nobody is signed out by this.',
  ],
}

/** Tells an outcome in words, in English: a sentence for the sign-in page and for logs, and what can be done about it. */
export function explain(outcome: Outcome): Explanation {
  const [sentence, fix] = explanations[outcome]
  return { sentence, fix }
}
