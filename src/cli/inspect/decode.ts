import { randomBytes } from 'node:crypto'
import { absoluteExpiry, clampToNow, expiresAt } from '../../core/lifetime.ts'
import type { Token } from '../../core/token.ts'
import { sealedFormat } from '../../formats/sealed.ts'
import { readSecrets } from '../../formats/secrets.ts'
import { createSessions, type Sessions } from '../../sessions.ts'
import { createLruCache } from '../../util/lru-cache.ts'
import type { CookieInput } from './cookie-input.ts'
import { explainOutcome } from './outcome-text.ts'
import type { DecodedCookie } from './types.ts'

/** What cookies are judged by. */
export interface InspectSettings {
  readonly secrets: readonly string[]
  readonly audience: string
  /** Seconds. */
  readonly idleTimeout: number
  /** Whether nobody said it. */
  readonly idleIsAssumed: boolean
  /** Seconds. */
  readonly absoluteTimeout: number
  /** Epoch milliseconds. */
  readonly now: number
}

export type FormatName = 'sealed' | 'flask' | 'flask-session'

/** Looks into cookies of one format. */
export interface CookieDecoder {
  decode(input: Pick<CookieInput, 'names' | 'values'>): Promise<DecodedCookie>
}

const dayMs = 24 * 3600 * 1000

// Whether it is a token does not hang on the key.
const anyFormat = sealedFormat({ secrets: [randomBytes(32)] })

/** Whether a value is a sealed token, of whatever key. */
export function isSealedToken(value: string): boolean {
  const context = { now: 0, idleTimeout: Infinity, absoluteTimeout: Infinity, cookieName: '' }
  return anyFormat.open(value, context).outcome !== 'malformed'
}

/** Creates what looks into sealed cookies. @throws what `createSessions` throws for such secrets */
export function createDecoder({
  secrets,
  audience,
  idleTimeout,
  absoluteTimeout,
  now,
}: InspectSettings): CookieDecoder {
  const format = sealedFormat({ secrets: readSecrets(secrets, process.env['NODE_ENV'] === 'production'), audience })
  const lifetimes = { idleTimeout, absoluteTimeout, touchAfter: 0, unconfirmedFor: 0 }
  const sessionsByName = createLruCache<Sessions>(10_000)

  // The format refuses by its day what is too old to look into. Here every day is in reach: old cookies are why people ask.
  const open = (value: string, cookieName: string) =>
    format.open(value, { now: 0xffff * dayMs, idleTimeout: Infinity, absoluteTimeout: Infinity, cookieName })

  function sessionsFor(name: string, isGuest: boolean): Sessions {
    const key = `${isGuest} ${name}`
    const found = sessionsByName.get(key)
    if (found !== undefined) return found
    const other = name === 'other' ? 'another' : 'other'
    const names = isGuest ? { name: other, guestName: name } : { name, guestName: other }
    const cookie = { ...names, secure: true }
    const sessions = createSessions({ secrets, audience, idleTimeout, absoluteTimeout, cookie, now: () => now })
    sessionsByName.set(key, sessions)
    return sessions
  }

  /** Whether it is a guest's cookie: what opens under its name are guests' tokens. */
  function isGuestCookie(values: readonly string[], name: string): boolean {
    const opened = values.map((value) => open(value, name)).find(({ outcome }) => outcome === 'active')
    return opened?.outcome === 'active' && opened.token.userId === null
  }

  function computeEnd(token: Token): DecodedCookie['end'] {
    const past = clampToNow(token, now)
    const at = expiresAt(past, lifetimes, past.lastSeenAt)
    return { at, by: at === absoluteExpiry(past, lifetimes) ? 'absolute' : 'idle' }
  }

  const decoder: CookieDecoder = {
    async decode({ names, values }) {
      const openingName = names.find((name) => values.some((value) => open(value, name).outcome === 'active'))
      const name = openingName ?? names[0]!
      // The word is the library's own.
      const session = await sessionsFor(name, isGuestCookie(values, name)).open(
        values.map((value) => `${name}=${value}`).join('; '),
      )
      const { outcome } = session
      // Of several under one name, the one that it chose.
      const all = values.map((value) => ({ value, opened: open(value, name) }))
      const chosen =
        outcome === 'active' ? findNewest(session.id, all) : outcome === 'unavailable' ? all.find(isInStore) : all[0]
      const found = chosen?.opened.outcome === 'active' && outcome !== 'ambiguous' ? chosen.opened : null
      const separateInputs = outcome === 'ambiguous' ? values.map((value) => ({ names: [name], values: [value] })) : []
      return {
        format: 'sealed',
        outcome,
        explanation: explainOutcome(outcome),
        name: openingName ?? (names.length === 1 ? name : null),
        triedNames: names,
        value: chosen?.value ?? null,
        keyId: chosen !== undefined && isSealedToken(chosen.value) ? readKeyId(chosen.value) : null,
        id: found?.token.identity?.id ?? null,
        token: found?.token ?? null,
        issuedAt: found?.token.lastSeenAt ?? null,
        key: found?.key ?? null,
        // Of what is ahead of the clock nothing can be said: when it ends hangs on when the clock is put right.
        end: found === null || outcome === 'forged' ? null : computeEnd(found.token),
        taggedJson: null,
        ambiguousParts: await Promise.all(separateInputs.map((input) => decoder.decode(input))),
      }
    },
  }
  return decoder
}

type Candidate = { value: string; opened: ReturnType<ReturnType<typeof sealedFormat>['open']> }

function findNewest(id: string | null, all: readonly Candidate[]): Candidate | undefined {
  const lastSeenAt = ({ opened }: Candidate) => (opened.outcome === 'active' ? opened.token.lastSeenAt : 0)
  return all
    .filter(({ opened }) => opened.outcome === 'active' && opened.token.identity?.id === id)
    .toSorted((one, other) => lastSeenAt(other) - lastSeenAt(one))[0]
}

/** Whether a store vouched for it, and a server without one cannot tell. */
const isInStore = ({ opened }: Candidate): boolean =>
  opened.outcome === 'active' && (opened.token.confirmedAt !== null || opened.token.data === null)

/** The key id stands in clear after the version (see formats/sealed.ts). It says which key, and nothing about it. */
const readKeyId = (value: string): string => Buffer.from(value, 'base64url').subarray(1, 5).toString('hex')
