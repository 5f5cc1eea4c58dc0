import { maxCookieBytes } from '../../cookies/cookie-jar.ts'
import { explain, type Explanation, type Outcome } from '../../core/outcome.ts'
import type { DecodedCookie } from './types.ts'

/** Explains an outcome for a user of `inspect`, which reads no store. */
export function explainOutcome(outcome: Outcome): Explanation {
  if (outcome !== 'unavailable') return explain(outcome)
  return {
    sentence: 'This session is in a store, which inspect does not read.',
    fix: 'Ask the store: npx sojourn sessions show STORE ID (STORE is an address, such as sqlite:sessions.db).',
  }
}

/** Explains a cookie that was sealed with the development key, if there is another key now. */
export function explainDevelopmentKey(from: string): Explanation {
  const load =
    from === '.env'
      ? 'runs without this .env. Start it with: node --env-file=.env server.mjs (or load it as your application does).'
      : 'runs without this SECRET_KEY. Set it there to the same value.'
  return {
    sentence: 'This session was sealed with the development key.',
    fix: `If the application sealed it just now, it ${load} If not, sign in again.`,
  }
}

/** Explains a value that is not a token, in a cookie whose name is not one of ours. */
export function explainUnknownName(name: string, usualNames: readonly string[]): Explanation {
  if (name === 'connect.sid') return explainExpressCookie()
  return {
    ...explain('malformed'),
    fix: `${name} is not a cookie name that Sojourn uses by default (${joinNames(usualNames)}). If it is your cookie.name, the value was truncated, changed, or written by another program.`,
  }
}

/** Explains a cookie of express-session. */
export function explainExpressCookie(): Explanation {
  return {
    ...explain('malformed'),
    fix: "This is express-session's cookie (connect.sid), which Sojourn does not read.",
  }
}

/** Returns a note that the outcome's explanation does not contain, or `null`. */
export function noteFor(examined: DecodedCookie, now: number): string | null {
  const { format, outcome, explanation, name, triedNames, value, token, issuedAt } = examined
  if (value === null) return `This line has no cookie named ${joinNames(triedNames)}.`
  if (value === '') return 'Its value is empty, as in the Set-Cookie that deletes it at sign-out.'
  if (value.length > maxCookieBytes) return 'It is longer than browsers allow for a cookie.'
  if (issuedAt !== null && issuedAt > now) {
    return 'It was issued ahead of this clock. Check the clocks of your servers.'
  }
  if (format !== 'sealed' || token !== null) return null
  if (explanation.sentence === explain('unknown-key').sentence)
    return 'Run this in the folder of the application that sealed it.'
  if (outcome !== 'forged' && outcome !== 'idle' && outcome !== 'unknown-key') return null
  return `Its contents are unknown, because it does not open under the name ${joinNames(name === null ? triedNames : [name])}.`
}

/** Returns what an active cookie cannot show; `null` for other outcomes, and for Flask's, whose sessions cannot be ended early. */
export function limitationOf({ format, outcome }: DecodedCookie): string | null {
  if (format === 'flask' || outcome !== 'active') return null
  return 'Only the running application knows whether it has been signed out or renewed since: session.outcome.'
}

const joinNames = (names: readonly string[]): string => names.join(', ').replace(/, ([^,]*)$/, ' or $1')
