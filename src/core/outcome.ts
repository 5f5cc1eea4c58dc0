/**
 * How a session opened, as one word.
 *
 * | word | meaning | the handler gets |
 * |---|---|---|
 * | `none` | no cookie of these sessions | an empty guest session; nothing is written or sent until it changes |
 * | `active` | opened | the session |
 * | `unconfirmed` | opened from the cookie's copy, because the store does not answer | the session; it cannot sign in, renew, list or revoke |
 * | `unreadable` | opened, but its data cannot be parsed or does not match the schema | the session, with empty data |
 * | `malformed`, `forged`, `unknown-key` | not a token; not sealed by this application; sealed by a key that this server does not have | a guest session |
 * | `ambiguous` | two cookies of the same name open as different sessions | a guest session |
 * | `idle`, `expired` | the idle timeout ended it; the absolute timeout ended it | a guest session |
 * | `revoked` | ended from elsewhere, by `revoke` or `revokeAll` | a guest session |
 * | `limit` | ended by a sign-in of its user beyond `maxSessions` | a guest session |
 * | `ended` | signed out, renewed since, or unknown to the store | a guest session |
 * | `unavailable` | the store does not answer or this server has none, and the cookie has no usable copy | using the session throws `ERR_SESSION_UNAVAILABLE` |
 *
 * If the request had a cookie of a signed-in user, the outcome describes that cookie, even if a guest session opened instead.
 * A rejected token never changes a cookie: only a sign-in replaces the user's cookie, and only a sign-out deletes it.
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
  | 'limit'
  | 'ended'
  | 'unavailable'

/** An outcome in words. */
export interface Explanation {
  /** Describes the outcome, for visitors and for logs. */
  readonly sentence: string
  /** Advice for the application's operators; empty if there is nothing to do. */
  readonly fix: string
}

// Pairs instead of objects, because this table is part of every bundle.
const explanations: Readonly<Record<Outcome, readonly [sentence: string, fix: string]>> = {
  none: [
    'There is no session yet.',
    'If there should be one, check whether the browser stored the cookie. Browsers drop a Secure cookie on plain http, and any cookie over 4,096 bytes.',
  ],
  active: ['This session is active.', ''],
  unconfirmed: ['This session is active, but its store does not answer right now.', 'Check whether the store is up.'],
  unreadable: [
    'This session is active, but its data cannot be read.',
    'Let the schema accept the data of earlier versions. If there is none, check whether another program writes these sessions.',
  ],
  malformed: [
    'The browser sent something that is not a session.',
    'Check whether another application on this host, or on another path, uses the same cookie name.',
  ],
  forged: [
    'The browser sent a session that was cut short or changed, or that belongs to another application.',
    'Check whether the cookie name or the audience was changed, and whether a proxy rewrites cookies.',
  ],
  'unknown-key': [
    'This session was sealed with a key that this server does not have.',
    'Keep the previous key in SECRET_KEY_FALLBACKS until its cookies have expired. Set the same SECRET_KEY on every server. Two applications on one host need two cookie names, even if their ports differ.',
  ],
  ambiguous: [
    'The browser sent two different sessions at once.',
    'Another path or a parent domain sets a cookie of this name. The __Host- prefix prevents that.',
  ],
  idle: ['You were away for too long.', 'If that is too soon, raise idleTimeout.'],
  expired: ['You signed in too long ago.', 'If that is too soon, raise absoluteTimeout.'],
  revoked: ['You were signed out from another device.', 'Sign in again.'],
  limit: [
    'You were signed out here because you signed in on too many other devices.',
    'Sign in again. If that is too soon, raise maxSessions.',
  ],
  ended: ['You were signed out here, or your sign-in was replaced or lost.', 'Sign in again.'],
  unavailable: [
    'This session cannot be checked right now.',
    'Check whether the store is up, and whether this server uses it. This does not sign anyone out.',
  ],
}

/** Describes an outcome in English: a sentence for the sign-in page and for logs, and advice for operators. */
export function explain(outcome: Outcome): Explanation {
  const [sentence, fix] = explanations[outcome]
  return { sentence, fix }
}
