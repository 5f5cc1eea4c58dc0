import { randomBytes } from 'node:crypto'
import { absoluteExpiry, clampToNow, expiresAt } from '../../core/lifetime.ts'
import type { Token } from '../../core/token.ts'
import { readKeyId, sealedFormat } from '../../formats/sealed.ts'
import { readSecrets } from '../../formats/secrets.ts'
import { createSessions, type Sessions } from '../../sessions.ts'
import { createLruCache } from '../../util/lru-cache.ts'
import { explainOutcome } from './outcome-text.ts'
import type { CookieDecoder, DecodedCookie, InspectSettings } from './types.ts'

const dayMs = 24 * 3600 * 1000

// A random key is enough to recognize a token.
const anyFormat = sealedFormat({ secrets: [randomBytes(32)] })

/** Whether a value is a sealed token, of any key. */
export function isSealedToken(value: string): boolean {
  const context = { now: 0, idleTimeout: Infinity, absoluteTimeout: Infinity, cookieName: '' }
  return anyFormat.open(value, context).outcome !== 'malformed'
}

/** Creates the decoder of sealed cookies. @throws the errors of `createSessions` for these secrets */
export function createDecoder(settings: InspectSettings): CookieDecoder {
  const { audience } = settings
  const secrets = readSecrets(settings.secrets, process.env['NODE_ENV'] === 'production')
  const format = sealedFormat({ secrets, audience })
  const sessionsFor = createSessionsByName(settings)

  // Allow every day in a token: the format rejects old days before decryption, but users inspect old cookies.
  const open = (value: string, cookieName: string) =>
    format.open(value, { now: 0xffff * dayMs, idleTimeout: Infinity, absoluteTimeout: Infinity, cookieName })

  /** Whether the cookie of this name contains a guest's token. */
  function isGuestCookie(values: readonly string[], name: string): boolean {
    const opened = values.map((value) => open(value, name)).find(({ outcome }) => outcome === 'active')
    return opened?.outcome === 'active' && opened.token.userId === null
  }

  const decoder: CookieDecoder = {
    async decode({ names, values }) {
      const openingName = names.find((name) => values.some((value) => open(value, name).outcome === 'active'))
      const name = openingName ?? names[0]!
      // The library itself determines the outcome.
      const session = await sessionsFor(name, isGuestCookie(values, name)).open(
        values.map((value) => `${name}=${value}`).join('; '),
      )
      const { outcome } = session
      // If several cookies have this name, find the one that the library chose.
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
        // The end of a cookie from the future is unknown: it depends on when the clock is corrected.
        end: found === null || outcome === 'forged' ? null : computeEnd(found.token, settings),
        taggedJson: null,
        ambiguousParts: await Promise.all(separateInputs.map((input) => decoder.decode(input))),
      }
    },
  }
  return decoder
}

/** Returns a function that creates sessions for one cookie name, and keeps them for the next cookie of that name. */
function createSessionsByName({ secrets, audience, idleTimeout, absoluteTimeout, now }: InspectSettings) {
  const sessionsByName = createLruCache<Sessions>(10_000)
  return function sessionsFor(name: string, isGuest: boolean): Sessions {
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
}

function computeEnd(token: Token, { idleTimeout, absoluteTimeout, now }: InspectSettings): DecodedCookie['end'] {
  const lifetimes = { idleTimeout, absoluteTimeout, touchAfter: 0, unconfirmedFor: 0 }
  const past = clampToNow(token, now)
  const at = expiresAt(past, lifetimes, past.lastSeenAt)
  return { at, by: at === absoluteExpiry(past, lifetimes) ? 'absolute' : 'idle' }
}

type Candidate = { value: string; opened: ReturnType<ReturnType<typeof sealedFormat>['open']> }

function findNewest(id: string | null, all: readonly Candidate[]): Candidate | undefined {
  const lastSeenAt = ({ opened }: Candidate) => (opened.outcome === 'active' ? opened.token.lastSeenAt : 0)
  return all
    .filter(({ opened }) => opened.outcome === 'active' && opened.token.identity?.id === id)
    .toSorted((one, other) => lastSeenAt(other) - lastSeenAt(one))[0]
}

/** Whether the session is in a store, so that a server without the store cannot check it. */
const isInStore = ({ opened }: Candidate): boolean =>
  opened.outcome === 'active' && (opened.token.confirmedAt !== null || opened.token.data === null)
