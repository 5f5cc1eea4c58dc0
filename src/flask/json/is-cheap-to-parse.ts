import { parsePlainJson } from './plain-json.ts'

/** The engine's JSON is so many times faster than our own parser. */
const plainFactor = 4

/**
 * Returns whether a session of `json` has few enough values, keys and escapes for a cookie of `length` characters: 1,000, and 4 for
 * each character; in plain JSON four times as many. So the time to open a cookie and to read its data is proportional to its
 * length, although 260 characters can inflate to 60,000 values.
 */
export function isCheapToParse(json: string, length: number): boolean {
  const maxMarks = 1000 + 4 * length
  // No character counts twice.
  if (json.length <= maxMarks) return true
  const marks = countMarks(json)
  return marks <= maxMarks || (marks <= plainFactor * maxMarks && parsePlainJson(json) !== undefined)
}

/**
 * Counts commas, colons, opening brackets and backslashes: one for each value, key and escape, also those in texts. Also counts
 * every 16th digit in a row, because large integers are slow.
 */
function countMarks(json: string): number {
  let count = 0
  let digits = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === comma || code === colon || code === bracket || code === brace || code === backslash) count++
    if (code < zero || code > nine) digits = 0
    else if (++digits % 16 === 0) count++
  }
  return count
}

const [comma, colon, bracket, brace, backslash, zero, nine] = [0x2c, 0x3a, 0x5b, 0x7b, 0x5c, 0x30, 0x39]
