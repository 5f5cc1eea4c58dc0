import { putText, type Texts } from '../../core/texts.ts'
import { escapeText, unescapeText } from '../shared/escape-text.ts'
import type { ConfirmedMethod, Cutoff, Ending, SessionInfo, SessionKey, SessionRecord } from '../store.ts'
import { mismatchedReply } from './lua.ts'

// A unit is a hash. It has a field for each session, named by its id, and one for the cutoff. A value begins with a line of words:
//
//   record  KEEP STAMP TAIL LEFT CREATED HASH SIGNED-IN [EXTRA …] VERSION SEEN
//   ending  KEEP STAMP TAIL LEFT REASON ENDED
//   cutoff  KEEP STAMP TAIL LEFT AT SPARED EXPIRES
//
// A line for each key and each text of the data follows the line of a record. An ending and a cutoff have no line break.
// - KEEP is the second until which the value is kept, by the server's clock. STAMP is unique to the call that wrote the value.
//   TAIL is the end of the field's name: a client that mixes up its replies must not end another session. The scripts write
//   these three. The body is what follows.
// - LEFT is after how many milliseconds the value expires. SIGNED-IN and SEEN are milliseconds after CREATED. CREATED and the other
//   instants are epoch milliseconds.
// - EXTRA words are there only if the session has them, because Redis keeps each byte: `r` (remembered), `i` and `a` with the idle and the
//   absolute timeout in seconds, `+` with the label, and `m` with the methods as JSON.

/** The field of the cutoff. No id has a star. */
export const cutoffField = '*'

/** Stands for `null`. */
const none = '-'

// oxlint-disable-next-line no-control-regex
const [unsafeInLine, unsafeInWord] = [/[\0\x1a\n]|\p{Cs}/u, /[\0\x1a\n\x1f]|\p{Cs}/u]
const packLine = (text: string): string => escapeText(text, unsafeInLine)
/** Labels have spaces. Escaped as other characters are, each would take five bytes. */
const packWord = (text: string): string => escapeText(text, unsafeInWord).replaceAll(' ', '\x1f')
const unpackWord = (word: string): string => unescapeText(word.replaceAll('\x1f', ' '))

const tailOf = (id: string): string => id.slice(-6)

/** Returns the body of a record. Members that callers of before do not know may be missing. */
export function packRecord(record: SessionRecord): string {
  const { secretHash, createdAt, signedInAt, lastSeenAt, expiresAt, data } = record
  const signedIn = signedInAt === null ? none : signedInAt - createdAt
  const extras = packExtras(record)
  let body = `${expiresAt - lastSeenAt} ${createdAt} ${packWord(secretHash)} ${signedIn}${extras} ${record.version} ${lastSeenAt - createdAt}\n`
  let separator = ''
  for (const key of Object.keys(data)) {
    body += `${separator}${packLine(key)}\n${packLine(data[key]!)}`
    separator = '\n'
  }
  return body
}

function packExtras({ remember, idleTimeout, absoluteTimeout, label, methods }: SessionRecord): string {
  let words = remember ? ' r' : ''
  if (idleTimeout != null) words += ` i${idleTimeout}`
  if (absoluteTimeout != null) words += ` a${absoluteTimeout}`
  if (label !== null) words += ` +${packWord(label)}`
  if (methods?.length > 0) words += ` m${packWord(JSON.stringify(methods))}`
  return words
}

/** Returns the body of an ending. */
export const packEnding = ({ ended, endedAt, expiresAt }: Ending): string =>
  `${expiresAt - endedAt} ${ended} ${endedAt}`

/** Returns the body of a cutoff. */
export const packCutoff = ({ at, spared, expiresAt }: Cutoff): string =>
  [expiresAt - at, at, spared ?? cutoffField, expiresAt].join(' ')

/** Returns the stamp of a value, and its body. */
export function splitValue(value: string): { readonly stamp: string; readonly body: string } {
  const [keep, stamp, tail] = value.split(' ', 3) as [string, string, string]
  return { stamp, body: value.slice(keep.length + stamp.length + tail.length + 3) }
}

/** @throws `TypeError` if the value is of another session: that session would count as ended */
export function unpackSession(key: SessionKey, value: string): SessionRecord | Ending {
  const end = value.indexOf('\n')
  const words = value.slice(0, end === -1 ? undefined : end).split(' ')
  if (words[2] !== tailOf(key.id)) throw mismatchedReply()
  if (end === -1) return unpackEnding(words)
  const lines = end === value.length - 1 ? [] : value.slice(end + 1).split('\n')
  const data: Record<string, string> = {}
  for (let at = 0; at < lines.length; at += 2)
    putText(data, unescapeText(lines[at]!), unescapeText(lines[at + 1] ?? ''))
  return unpackRecord(unpackInfo(key, words), words, data)
}

/** No spread, because Node 20 takes 2 microseconds for it. */
function unpackRecord(info: SessionInfo, words: readonly string[], data: Texts): SessionRecord {
  const { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt } = info
  const { remember, label, idleTimeout, absoluteTimeout, methods } = info
  return {
    id,
    secretHash: unpackWord(words[5]!),
    version: Number(words.at(-2)),
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    expiresAt,
    remember,
    label,
    idleTimeout,
    absoluteTimeout,
    methods,
    data,
  }
}

/** Unpacks the words of a record's first line. */
export function unpackInfo({ id, userId }: SessionKey, words: readonly string[]): SessionInfo {
  const createdAt = Number(words[4])
  // The line of a damaged record may have lost its end. Then it was never used.
  const lastSeenAt = words.length < wordCount ? Number.NaN : createdAt + Number(words.at(-1))
  const signedIn = words[6]
  const extras = words.length > wordCount ? words.slice(7, -2) : noExtras
  const extra = (letter: string): string | undefined => extras.find((word) => word[0] === letter)?.slice(1)
  const label = extra('+')
  return {
    id,
    userId,
    createdAt,
    signedInAt: signedIn === none ? null : createdAt + Number(signedIn),
    lastSeenAt,
    expiresAt: lastSeenAt + Number(words[3]),
    remember: extra('r') !== undefined,
    label: label === undefined ? null : unpackWord(label),
    idleTimeout: unpackNumber(extra('i')),
    absoluteTimeout: unpackNumber(extra('a')),
    methods: unpackMethods(extra('m')),
  }
}

/** The words of a record without EXTRA words. */
const wordCount = 9
const noExtras: readonly string[] = []

const unpackNumber = (text: string | undefined): number | null => (text === undefined ? null : Number(text))

function unpackMethods(word: string | undefined): readonly ConfirmedMethod[] {
  if (word === undefined) return []
  try {
    const methods: unknown = JSON.parse(unpackWord(word))
    if (Array.isArray(methods)) return methods as ConfirmedMethod[]
  } catch {}
  // Damaged: the user proves again who they are.
  return []
}

function unpackEnding([, , , left, reason, ended]: readonly string[]): Ending {
  const endedAt = Number(ended)
  // A damaged reason still ends the session.
  return {
    ended: reason === 'revoked' || reason === 'limit' ? reason : 'signed-out',
    endedAt,
    expiresAt: endedAt + Number(left),
  }
}

export function unpackCutoff(value: string): Cutoff {
  const [, , , , at, spared, expires] = value.split(' ')
  return { at: Number(at), spared: spared === cutoffField ? null : spared!, expiresAt: Number(expires) }
}
