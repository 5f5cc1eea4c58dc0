import type { Session } from 'sojourn'
import type { Person } from './data/people.ts'

/** The password that opened a session: its person, its number, and when a repeated sign-in checked it. */
export interface PasswordCheck {
  for: number
  number: number
  at: number | null
}

/** The number of a person's first password. A session without a password check was opened with it. */
const firstNumber = 1

/**
 * Records in a session which password opened it. `person` must be the record whose hash was checked: if the password
 * changes after that read, the number differs, and a sign-in that was under way opens nothing. `at` is the time of the
 * check if the user was asked for the password again, else `null`.
 *
 * An ordinary sign-in with the first password records nothing. Sessions from before passwords had numbers, and those
 * of a Flask application that shares the cookie, record nothing either, and stay valid. After a password change, users
 * who sign in through Flask must sign in here too: their session looks like one from before the change.
 */
export function recordPasswordCheck(session: Session, person: Person, at: number | null): void {
  if (person.passwordNumber === firstNumber && at === null) delete session.data.passwordCheck
  else session.data.passwordCheck = { for: person.id, number: person.passwordNumber, at }
}

/** Whether a session was opened with the person's current password, or with an earlier one that stays valid. */
export function hasCurrentPassword(session: Session, person: Person): boolean {
  const number = findPasswordCheck(session, person)?.number ?? firstNumber
  return number >= person.oldestPassword && number <= person.passwordNumber
}

/** Whether the user entered their password within the last `seconds`. */
export function isPasswordCheckRecent(session: Session, person: Person, seconds: number, now: number): boolean {
  if (session.signedInAt !== null) return session.signedInWithin(seconds)
  // Flask's cookie has no time of sign-in.
  const at = findPasswordCheck(session, person)?.at
  return at != null && now - at < seconds * 1000
}

// Flask's cookie may still hold the password check of the user who signed in before.
function findPasswordCheck({ data: { passwordCheck } }: Session, person: Person): PasswordCheck | null {
  return passwordCheck?.for === person.id ? passwordCheck : null
}
