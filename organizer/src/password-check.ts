import type { Session } from 'sojourn'
import type { Person } from './data/people.ts'

/** Which password opened a session: whose it is, the number it had when it was checked, and when that was. */
export interface PasswordCheck {
  for: number
  number: number
  at: number | null
}

/** The number of everybody's first password, and of one that a session says nothing about. */
const first = 1

/**
 * Keeps in a session which password opened it. `person` is the record whose hash was checked: a change that came after it
 * was read makes the number another, so that a sign-in that was under way opens nothing either. `at` is when that was, where
 * somebody was asked for the password again; otherwise `null`.
 *
 * An ordinary sign-in with the first password writes nothing, and neither do sessions from before there were numbers, which
 * go on, nor a Flask application that shares the cookie. Whom that one signs in after a change of password has to sign in
 * here once as well: such a session cannot be told from one of before the change.
 */
export function keepPasswordCheck(session: Session, person: Person, at: number | null): void {
  if (person.passwordNumber === first && at === null) delete session.data.passwordCheck
  else session.data.passwordCheck = { for: person.id, number: person.passwordNumber, at }
}

/** Whether a session was opened with the password that its person has now, or with one whose sign-ins they kept. */
export function isPasswordGood(session: Session, person: Person): boolean {
  const number = checkOf(session, person)?.number ?? first
  return number >= person.oldestPassword && number <= person.passwordNumber
}

/** Whether a session's person has given their password within the last so many seconds. */
export function checkedWithin(session: Session, person: Person, seconds: number, now: number): boolean {
  if (session.signedInAt !== null) return session.signedInWithin(seconds)
  // Flask's cookie does not say since when.
  const at = checkOf(session, person)?.at
  return at != null && now - at < seconds * 1000
}

// In Flask's cookie, what another person's sign-in left may still be there.
function checkOf({ data: { passwordCheck } }: Session, person: Person): PasswordCheck | null {
  return passwordCheck?.for === person.id ? passwordCheck : null
}
