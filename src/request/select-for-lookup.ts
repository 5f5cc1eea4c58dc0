import type { DecodeResult } from '../cookies/format.ts'
import type { Token } from '../core/token.ts'

/** How many cookies of one name are looked up. A header has room for 60, and each would be a question to the store. */
const maxLookups = 4

/**
 * Selects the cookies of one name to look up: all of them or, if there are too many, the newest of each session. So planted
 * cookies of one session cannot displace another session. Returns `null` if there are too many sessions.
 */
export function selectForLookup(values: readonly DecodeResult[]): readonly DecodeResult[] | null {
  const tokens = tokensOf(values)
  // Without ids, sessions cannot be distinguished, and no store is asked.
  if (tokens.length <= maxLookups || tokens[0]!.identity === null) return values
  const selected = newestOfEachSession(values)
  if (selected.length > maxLookups) return null
  return values.filter((decoded) => decoded.outcome !== 'active' || selected.includes(decoded.token))
}

/** Returns the newest token of each session. Without ids, returns one token. */
export function newestOfEachSession(values: readonly DecodeResult[]): readonly Token[] {
  // Of the entries with one key, a map keeps the last.
  const oldestFirst = tokensOf(values).toSorted((one, other) => one.lastSeenAt - other.lastSeenAt)
  return [...new Map(oldestFirst.map((token) => [token.identity?.id, token])).values()]
}

const tokensOf = (values: readonly DecodeResult[]): Token[] =>
  values.flatMap((decoded) => (decoded.outcome === 'active' ? [decoded.token] : []))
