import { randomFillSync } from 'node:crypto'
import { putText } from '../core/texts.ts'
import type { Identity, Token } from '../core/token.ts'

// The claims of a token are
//   flags (1 byte) · last use (6) · id (16) · secret (32) · numbers · line break · texts
// The numbers have commas between them, and are empty for `null`: how many milliseconds before the last use the session was
// created, and its user signed in; the length of the user's id; the lengths of each key and text of the data. The texts are in the
// same order, one after another, so that opening a token need not parse them. A list of the rare claims as JSON is the last.
const idOffset = 7
const secretOffset = 23
const identityEnd = 55

const isRemembered = 1
/** The identity is a rare claim, because another library made it. */
const hasTextIdentity = 2
const hasNoData = 4
/** The text is UTF-16, because it has half of a surrogate pair, which UTF-8 cannot hold. */
const isUtf16 = 8

/** Claims that most tokens do without. Those that are `null` at the end are left out. */
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
  const { userId, data, lastSeenAt } = token
  const identity = token.identity!
  const identityBytes = RandomIdentity.bytesOf(identity)
  const isText = identityBytes === null && !isRandom(identity)
  let numbers = `${before(lastSeenAt, token.createdAt)},${before(lastSeenAt, token.signedInAt)},${userId === null ? '' : userId.length}`
  let texts = userId ?? ''
  if (data !== null) {
    for (const key of Object.keys(data)) {
      const text = data[key]!
      numbers += `,${key.length},${text.length}`
      texts += key + text
    }
  }
  if (isText || hasRareClaims(token)) texts += JSON.stringify(rareClaims(token, isText))
  const text = `${numbers}\n${texts}`
  const encoding = loneSurrogate.test(text) ? 'utf16le' : 'utf8'
  const textOffset = isText ? idOffset : identityEnd
  const bytes = Buffer.allocUnsafe(textOffset + Buffer.byteLength(text, encoding))
  bytes[0] =
    (token.remember ? isRemembered : 0) |
    (isText ? hasTextIdentity : 0) |
    (data === null ? hasNoData : 0) |
    (encoding === 'utf16le' ? isUtf16 : 0)
  bytes.writeUIntBE(lastSeenAt, 1, 6)
  if (identityBytes !== null) {
    for (let at = idOffset; at < identityEnd; at++) bytes[at] = identityBytes[at]!
  } else if (!isText) {
    bytes.write(identity.id, idOffset, 'base64url')
    bytes.write(identity.secret, secretOffset, 'base64url')
  }
  bytes.write(text, textOffset, encoding)
  return bytes
}

const loneSurrogate = /\p{Cs}/u

/** Whether a token has any of the rare claims. */
const hasRareClaims = (token: Token): boolean =>
  token.label !== null ||
  token.confirmedAt !== null ||
  token.version !== 0 ||
  token.changed.length > 0 ||
  token.idleTimeout !== null ||
  token.absoluteTimeout !== null ||
  token.methods.length > 0

function rareClaims(token: Token, isText: boolean): (RareClaims[number] | null)[] {
  const { lastSeenAt, confirmedAt, version, changed, methods } = token
  const claims: RareClaims = [
    token.label,
    confirmedAt === null ? null : lastSeenAt - confirmedAt,
    version === 0 ? null : version,
    changed.length === 0 ? null : changed,
    token.idleTimeout,
    token.absoluteTimeout,
    methods.length === 0 ? null : methods,
    isText ? token.identity : null,
  ]
  return claims.slice(0, claims.findLastIndex((claim) => claim !== null) + 1)
}

/** Times are written as milliseconds before the last use, because most of them are short then. */
const before = (lastSeenAt: number, time: number | null): number | '' => (time === null ? '' : lastSeenAt - time)

const timeBefore = (lastSeenAt: number, number: string): number | null =>
  number === '' ? null : lastSeenAt - Number(number)

/** Reads a token from sealed bytes. They need no checks, because they were authenticated: this library wrote them. */
export function readClaims(bytes: Buffer): Token {
  const flags = bytes[0]!
  const text = bytes.toString(flags & isUtf16 ? 'utf16le' : 'utf8', flags & hasTextIdentity ? idOffset : identityEnd)
  const lastSeenAt = bytes.readUIntBE(1, 6)
  const end = text.indexOf('\n')
  const numbers = text.slice(0, end).split(',')
  const [createdAt, signedInAt, userIdLength] = numbers as [string, string, string]
  let at = end + 1
  const take = (length: string): string => text.slice(at, (at += Number(length)))
  const userId = userIdLength === '' ? null : take(userIdLength)
  const data: Record<string, string> | null = flags & hasNoData ? null : {}
  for (let index = 3; index < numbers.length; index += 2)
    putText(data!, take(numbers[index]!), take(numbers[index + 1]!))
  const rare: Partial<RareClaims> = at === text.length ? noRareClaims : JSON.parse(text.slice(at))
  const [label, confirmedAt, version, changed, idleTimeout, absoluteTimeout, methods, identity] = rare
  return {
    identity: identity ?? new RandomIdentity(bytes),
    userId,
    createdAt: timeBefore(lastSeenAt, createdAt),
    signedInAt: timeBefore(lastSeenAt, signedInAt),
    lastSeenAt,
    remember: (flags & isRemembered) !== 0,
    label: label ?? null,
    confirmedAt: confirmedAt == null ? null : lastSeenAt - confirmedAt,
    version: version ?? 0,
    data,
    changed: changed ?? [],
    idleTimeout: idleTimeout ?? null,
    absoluteTimeout: absoluteTimeout ?? null,
    methods: methods ?? [],
  }
}

const noRareClaims: Partial<RareClaims> = []

/** Creates an identity of 16 and 32 random bytes. */
export function createRandomIdentity(): Identity {
  // Not of Node's common pool, where the bytes would remain.
  const claims = Buffer.alloc(identityEnd)
  // Without an offset, because Cloudflare Workers then return a part of the buffer only.
  randomFillSync(claims.subarray(idOffset))
  return new RandomIdentity(claims)
}

/** An identity that keeps its bytes, at their place in claims, because decoding its texts again takes 2 microseconds. */
class RandomIdentity implements Identity {
  readonly id: string
  readonly secret: string
  readonly #claims: Buffer

  constructor(claims: Buffer) {
    this.id = claims.toString('base64url', idOffset, secretOffset)
    this.secret = claims.toString('base64url', secretOffset, identityEnd)
    this.#claims = claims
  }

  /** Returns claims with the bytes of an identity; `null` if they are not known. */
  static bytesOf(identity: Identity): Buffer | null {
    return #claims in identity ? identity.#claims : null
  }
}

/** Whether an identity can be written as bytes: `sealedFormat` creates 16 and 32 random ones. */
const isRandom = ({ id, secret }: Identity): boolean =>
  /^[\w-]{21}[AQgw]$/.test(id) && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(secret)
