import { putText } from '../core/texts.ts'
import type { Identity, Token } from '../core/token.ts'

// The claims of a token are
//   flags (1 byte) · last use (6) · id (16) · secret (32) · JSON array without its brackets · line break · texts of the data
// Claims that are `null` at the end of the array are left out. The lengths of the data's texts are in the array, so that opening
// a token need not parse the data.
const idOffset = 7
const secretOffset = 23
const identityEnd = 55

const isRemembered = 1
/** The identity is in the array, because another library made it. */
const hasTextIdentity = 2

type Claims = [...CommonClaims, ...Partial<RareClaims>]

type CommonClaims = [
  userId: string | null,
  // Times are milliseconds before the last use, because most of them are short then.
  createdAt: number | null,
  signedInAt: number | null,
  keysAndLengths: readonly (string | number)[] | null,
]

/** Claims that most tokens do without. */
type RareClaims = [
  label: string | null,
  confirmedAt: number | null,
  version: number | null,
  changed: Token['changed'] | null,
  idleTimeout: number | null,
  absoluteTimeout: number | null,
  methods: Token['methods'] | null,
  identity: Identity | null,
]

/** Writes a token as the bytes to seal. */
export function writeClaims(token: Token): Buffer {
  const { data, lastSeenAt } = token
  const identity = token.identity!
  let keysAndLengths: (string | number)[] | null = null
  let texts = ''
  if (data !== null) {
    keysAndLengths = []
    for (const key of Object.keys(data)) {
      const text = data[key]!
      keysAndLengths.push(key, text.length)
      texts += text
    }
  }
  const isText = !isRandom(identity)
  const common: CommonClaims = [
    token.userId,
    before(lastSeenAt, token.createdAt),
    before(lastSeenAt, token.signedInAt),
    keysAndLengths,
  ]
  const claims = isText || hasRareClaims(token) ? [...common, ...rareClaims(token, isText)] : common
  const text = `${JSON.stringify(claims).slice(1, -1)}\n${texts}`
  const textOffset = isText ? idOffset : identityEnd
  const bytes = Buffer.allocUnsafe(textOffset + Buffer.byteLength(text))
  bytes[0] = (token.remember ? isRemembered : 0) | (isText ? hasTextIdentity : 0)
  bytes.writeUIntBE(lastSeenAt, 1, 6)
  if (!isText) {
    bytes.write(identity.id, idOffset, 'base64url')
    bytes.write(identity.secret, secretOffset, 'base64url')
  }
  bytes.write(text, textOffset)
  return bytes
}

/** Whether a token needs more than the common claims. Most do not, and the list of all takes longer to write. */
const hasRareClaims = (token: Token): boolean =>
  token.label !== null ||
  token.confirmedAt !== null ||
  token.version !== 0 ||
  token.changed.length > 0 ||
  token.idleTimeout !== null ||
  token.absoluteTimeout !== null ||
  token.methods.length > 0

function rareClaims(token: Token, isText: boolean): (RareClaims[number] | null)[] {
  const { version, changed, methods } = token
  const claims: RareClaims = [
    token.label,
    before(token.lastSeenAt, token.confirmedAt),
    version === 0 ? null : version,
    changed.length === 0 ? null : changed,
    token.idleTimeout,
    token.absoluteTimeout,
    methods.length === 0 ? null : methods,
    isText ? token.identity : null,
  ]
  return claims.slice(0, claims.findLastIndex((claim) => claim !== null) + 1)
}

const before = (lastSeenAt: number, time: number | null): number | null => (time === null ? null : lastSeenAt - time)

/** Reads a token from sealed bytes. They need no checks, because they were authenticated: this library wrote them. */
export function readClaims(bytes: Buffer): Token {
  const flags = bytes[0]!
  const text = bytes.toString('utf8', flags & hasTextIdentity ? idOffset : identityEnd)
  const end = text.indexOf('\n')
  const [
    userId,
    createdAt,
    signedInAt,
    keysAndLengths,
    label,
    confirmedAt,
    version,
    changed,
    idleTimeout,
    absoluteTimeout,
    methods,
    identity,
  ] = JSON.parse(`[${text.slice(0, end)}]`) as Claims
  let data: Record<string, string> | null = null
  if (keysAndLengths) {
    data = {}
    let at = end + 1
    for (let index = 0; index < keysAndLengths.length; index += 2) {
      const length = keysAndLengths[index + 1] as number
      putText(data, keysAndLengths[index] as string, text.slice(at, at + length))
      at += length
    }
  }
  const lastSeenAt = bytes.readUIntBE(1, 6)
  return {
    identity: identity ?? {
      id: bytes.toString('base64url', idOffset, secretOffset),
      secret: bytes.toString('base64url', secretOffset, identityEnd),
    },
    userId: userId ?? null,
    createdAt: before(lastSeenAt, createdAt),
    signedInAt: before(lastSeenAt, signedInAt),
    lastSeenAt,
    remember: (flags & isRemembered) !== 0,
    label: label ?? null,
    confirmedAt: before(lastSeenAt, confirmedAt ?? null),
    version: version ?? 0,
    data,
    changed: changed ?? [],
    idleTimeout: idleTimeout ?? null,
    absoluteTimeout: absoluteTimeout ?? null,
    methods: methods ?? [],
  }
}

/** Whether an identity can be written as bytes: `sealedFormat` creates 16 and 32 random ones. */
const isRandom = ({ id, secret }: Identity): boolean =>
  /^[\w-]{21}[AQgw]$/.test(id) && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(secret)
