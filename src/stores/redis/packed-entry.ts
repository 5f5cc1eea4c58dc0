import { putText } from '../../core/texts.ts'
import { escapeText, unescapeText } from '../shared/escape-text.ts'
import type { ConfirmedMethod, Cutoff, Ending, SessionInfo, SessionKey, SessionRecord } from '../store.ts'
import { mismatchedReply } from './lua.ts'

// A unit is a hash. It has a field for each session, named by its id, and one for the cutoff. A value begins with a line of words:
//
//   record  KEEP STAMP TAIL LEFT CREATED HASH SIGNED-IN REMEMBER IDLE ABSOLUTE LABEL METHODS VERSION SEEN
//   ending  KEEP STAMP TAIL LEFT REASON ENDED
//   cutoff  KEEP STAMP TAIL LEFT AT SPARED EXPIRES
//
// A line for each key and each text of the data follows the line of a record. An ending and a cutoff have no line break.
// - KEEP is the second until which the value is kept, by the server's clock. STAMP is unique to the call that wrote the value.
//   TAIL is the end of the field's name: a client that mixes up its replies must not end another session. The scripts write
//   these three. The body is what follows.
// - LEFT is after how many milliseconds the value expires. SIGNED-IN and SEEN are milliseconds after CREATED. CREATED and the other
//   instants are epoch milliseconds.

/** The field of the cutoff. No id has a star. */
export const cutoffField = '*'

/** Stands for `null`. */
const none = '-'

// oxlint-disable-next-line no-control-regex
const [unsafeInLine, unsafeInWord] = [/[\0\x1a\n]|\p{Cs}/u, /[\0\x1a\n ]|\p{Cs}/u]
const packLine = (text: string): string => escapeText(text, unsafeInLine)
const packWord = (text: string): string => escapeText(text, unsafeInWord)
const packNull = (value: number | null | undefined): number | string => value ?? none
const unpackNull = (word: string | undefined): number | null => (word === none ? null : Number(word))

const tailOf = (id: string): string => id.slice(-6)

/** Returns the body of a record. Members that callers of before do not know may be missing. */
export function packRecord(record: SessionRecord): string {
  const { secretHash, createdAt, signedInAt, lastSeenAt, expiresAt, label, methods, data } = record
  const line = [
    expiresAt - lastSeenAt,
    createdAt,
    packWord(secretHash),
    signedInAt === null ? none : signedInAt - createdAt,
    Number(record.remember),
    packNull(record.idleTimeout),
    packNull(record.absoluteTimeout),
    label === null ? none : `+${packWord(label)}`,
    methods?.length > 0 ? packWord(JSON.stringify(methods)) : none,
    record.version,
    lastSeenAt - createdAt,
  ].join(' ')
  const lines = Object.entries(data).flatMap(([key, text]) => [packLine(key), packLine(text)])
  return `${line}\n${lines.join('\n')}`
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
  return { ...unpackInfo(key, words), secretHash: unescapeText(words[5]!), version: Number(words[12]), data }
}

/** Unpacks the words of a record's first line. */
export function unpackInfo({ id, userId }: SessionKey, words: readonly string[]): SessionInfo {
  const [, , , left, created, , signedIn, remember, idle, absolute, label = none, methods] = words
  const createdAt = Number(created)
  const lastSeenAt = createdAt + Number(words[13])
  return {
    id,
    userId,
    createdAt,
    signedInAt: signedIn === none ? null : createdAt + Number(signedIn),
    lastSeenAt,
    expiresAt: lastSeenAt + Number(left),
    remember: remember === '1',
    label: label === none ? null : unescapeText(label.slice(1)),
    idleTimeout: unpackNull(idle),
    absoluteTimeout: unpackNull(absolute),
    methods: unpackMethods(methods),
  }
}

function unpackMethods(word = none): readonly ConfirmedMethod[] {
  if (word === none) return []
  try {
    const methods: unknown = JSON.parse(unescapeText(word))
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
