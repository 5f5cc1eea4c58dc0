import { maxCookieBytes } from '../../cookies/cookie-jar.ts'
import { explain, type Explanation, type Outcome } from '../../core/outcome.ts'
import type { DecodedCookie } from './types.ts'

/** An outcome in the words of who looks into a cookie, and asks no store. */
export function explainOutcome(outcome: Outcome): Explanation {
  if (outcome !== 'unavailable') return explain(outcome)
  return {
    sentence: 'This session is in a store, which inspect does not ask.',
    fix: 'Whether it is still good, only the running application knows: session.outcome.',
  }
}

/** Of a cookie that the key of development sealed, where there is another key by now. */
export function explainDevelopmentKey(from: string): Explanation {
  const load =
    from === '.env'
      ? 'runs without this .env. Start it with: node --env-file=.env server.mjs (or load it as your application does).'
      : 'runs without this SECRET_KEY. Set it there as it is set here.'
  return {
    sentence: 'This session was sealed with the key of development.',
    fix: `If the application sealed it just now, it ${load} If not, signing in again is all it takes.`,
  }
}

/** Of what is no token, under a name that is none of ours. */
export function explainUnknownName(name: string, usualNames: readonly string[]): Explanation {
  if (name === 'connect.sid') return explainExpressCookie()
  return {
    ...explain('malformed'),
    fix: `${name} is none of the names of Sojourn's cookies (${joinNames(usualNames)}). If it is your cookie.name, this was cut short, changed, or written by something else.`,
  }
}

/** Of a cookie of express-session. */
export function explainExpressCookie(): Explanation {
  return {
    ...explain('malformed'),
    fix: "This is express-session's cookie (connect.sid), which Sojourn does not read.",
  }
}

/** What the outcome's words do not say; `null` where nothing is to be added. */
export function noteFor(examined: DecodedCookie, now: number): string | null {
  const { format, outcome, explanation, name, triedNames, value, token, issuedAt } = examined
  if (value === null) return `This line has no cookie named ${joinNames(triedNames)}.`
  if (value === '') return 'Its value is empty, as in the Set-Cookie that deletes it at sign-out.'
  if (value.length > maxCookieBytes) return 'It is longer than any cookie that browsers keep.'
  if (issuedAt !== null && issuedAt > now) {
    return 'It was issued ahead of this clock. See whether the clocks of your servers are right.'
  }
  if (format !== 'sealed' || token !== null) return null
  if (explanation.sentence === explain('unknown-key').sentence)
    return 'Run this in the folder of the application that sealed it.'
  if (outcome !== 'forged' && outcome !== 'idle' && outcome !== 'unknown-key') return null
  return `What it holds cannot be told: it does not open under the name ${joinNames(name === null ? triedNames : [name])}.`
}

/** What no cookie tells of a session that is active; `null` of any other, and of Flask's, which nobody can end. */
export function limitationOf({ format, outcome }: DecodedCookie): string | null {
  if (format === 'flask' || outcome !== 'active') return null
  return 'Whether it was signed out or renewed since, only the running application knows: session.outcome.'
}

const joinNames = (names: readonly string[]): string => names.join(', ').replace(/, ([^,]*)$/, ' or $1')
