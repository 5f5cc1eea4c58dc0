import { putText } from '../core/texts.ts'
import type { ChangedKey, Token } from '../core/token.ts'

// The text is a JSON array of claims, a line break, then the texts of the data without separators. Their lengths are in the
// claims, so that opening a token need not parse the data.
//
// Each function lists the claims itself, because a loop over a list of names takes 12 to 18 % longer (measured).
type Claims = [
  id: string,
  secret: string,
  userId: string | null,
  createdAt: number | null,
  signedInAt: number | null,
  lastSeenAt: number,
  remember: boolean,
  label: string | null,
  confirmedAt: number | null,
  version: number,
  changed: readonly ChangedKey[],
  keysAndLengths: readonly (string | number)[] | null,
]

/** Writes a token as the text to seal. */
export function writeClaims(token: Token): string {
  const { id, secret } = token.identity!
  let keysAndLengths: (string | number)[] | null = null
  let texts = ''
  if (token.data !== null) {
    keysAndLengths = []
    for (const key of Object.keys(token.data)) {
      const text = token.data[key]!
      keysAndLengths.push(key, text.length)
      texts += text
    }
  }
  const { userId, createdAt, signedInAt, lastSeenAt, remember, label, confirmedAt, version, changed } = token
  const claims: Claims = [
    id,
    secret,
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    remember,
    label,
    confirmedAt,
    version,
    changed,
    keysAndLengths,
  ]
  return `${JSON.stringify(claims)}\n${texts}`
}

/** Reads a token from a sealed text. The text needs no checks, because it was authenticated: this library wrote it. */
export function readClaims(text: string): Token {
  const end = text.indexOf('\n')
  const [
    id,
    secret,
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    remember,
    label,
    confirmedAt,
    version,
    changed,
    keysAndLengths,
  ] = JSON.parse(text.slice(0, end)) as Claims
  let data: Record<string, string> | null = null
  if (keysAndLengths !== null) {
    data = {}
    let at = end + 1
    for (let index = 0; index < keysAndLengths.length; index += 2) {
      const length = keysAndLengths[index + 1] as number
      putText(data, keysAndLengths[index] as string, text.slice(at, at + length))
      at += length
    }
  }
  return {
    identity: { id, secret },
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    remember,
    label,
    confirmedAt,
    version,
    data,
    changed,
  }
}
