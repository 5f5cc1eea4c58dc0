import { createHash } from 'node:crypto'
import type { Session } from 'sojourn'
import type { Person } from './data/people.ts'

/** The password that opened a session: its person and its number. */
export interface PasswordCheck {
  for: number
  number: number
  /** A password change that this session has asked for. The next pages find out whether the database has made it. */
  change?: Change
}

interface Change {
  fingerprint: string
  others: 'ended' | 'kept'
  /** The database makes the change only as long as the person's password has this number. */
  expectedNumber: number
  /** When a page first found that the change was not made. */
  unknownSince?: number
}

/** The number of a person's first password. A session without a password check was opened with it. */
const firstNumber = 1

/** After this time, a statement that the database has not answered is not carried out any more. */
const settleSeconds = 60

/**
 * Records in a session which password opened it. `person` must be the record whose hash was checked: if the password
 * changes after that read, the number differs, and a sign-in that was under way opens nothing.
 *
 * A sign-in with the first password records nothing. Sessions from before passwords had numbers, and those
 * of a Flask application that shares the cookie, record nothing either, and stay valid. After a password change, users
 * who sign in through Flask must sign in here too: their session looks like one from before the change.
 */
export function recordPasswordCheck(session: Session, person: Person): void {
  if (person.passwordNumber === firstNumber) delete session.data.passwordCheck
  else session.data.passwordCheck = { for: person.id, number: person.passwordNumber }
}

/**
 * Records in a session that it is about to change the password. It is saved before the database is written, and stays
 * valid whether that succeeds or not. The hash has a random salt, so no other change has its fingerprint.
 */
export function recordPasswordChange(
  session: Session,
  person: Person,
  { newHash, others }: { newHash: string; others: 'ended' | 'kept' },
): void {
  const number = findPasswordCheck(session, person)?.number ?? firstNumber
  const change = { fingerprint: fingerprintOf(newHash), others, expectedNumber: person.passwordNumber }
  session.data.passwordCheck = { for: person.id, number, change }
}

/** Shows the result of a recorded change as a message, and forgets the change once its result is certain. */
export function settlePasswordChange(session: Session, person: Person, now: number): void {
  const check = findPasswordCheck(session, person)
  if (!check?.change) return
  const { change, ...settled } = check
  if (isMade(change, person)) {
    recordPasswordCheck(session, person)
    const elsewhere =
      change.others === 'kept' ? 'You stay signed in on your other devices.' : 'Your other devices were signed out.'
    return session.flash('success', `Password changed. ${elsewhere}`)
  }
  const isReplaced = person.passwordNumber !== change.expectedNumber
  // If the database did not answer in time, it may still make the change. Forgotten too early, that would end this session.
  if (!isReplaced && change.unknownSince === undefined) {
    session.data.passwordCheck = { ...check, change: { ...change, unknownSince: now } }
    return session.flash('info', "We don't know yet whether your password was changed. Check again in a minute.")
  }
  if (!isReplaced && now - change.unknownSince! < settleSeconds * 1000) return
  session.data.passwordCheck = settled
  const reason = isReplaced ? ', because it was changed elsewhere a moment ago' : ''
  session.flash('info', `Your password was not changed${reason}.`)
}

/** Whether a change that this session has asked for may still be under way. */
export function isPasswordChangePending(session: Session, person: Person): boolean {
  return findPasswordCheck(session, person)?.change !== undefined
}

/** Whether a session was opened with the person's current password, or with an earlier one that stays valid, or chose it. */
export function hasCurrentPassword(session: Session, person: Person): boolean {
  const { number = firstNumber, change } = findPasswordCheck(session, person) ?? {}
  if (change && isMade(change, person)) return true
  return number >= person.oldestPassword && number <= person.passwordNumber
}

function isMade({ fingerprint }: Change, person: Person): boolean {
  return fingerprint === fingerprintOf(person.passwordHash)
}

function fingerprintOf(passwordHash: string): string {
  return createHash('sha256').update(passwordHash).digest('base64url')
}

// Flask's cookie may still hold the password check of the user who signed in before.
function findPasswordCheck({ data: { passwordCheck } }: Session, person: Person): PasswordCheck | null {
  return passwordCheck?.for === person.id ? passwordCheck : null
}
