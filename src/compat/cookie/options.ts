import { optionsError } from '../../core/errors.ts'
import { warnOnce } from '../../core/warn-once.ts'
import { createDefaultFormat } from '../../formats/default-format.ts'
import { sealedFormat } from '../../formats/sealed.ts'
import { fromCookieSession } from '../../from/cookie-session.ts'
import { createReplacedIds } from '../shared/replaced-ids.ts'
import { defaultUserOf, userIdOf, type UserOf } from '../shared/user-of.ts'
import { escapeKeys } from './data-keys.ts'
import type { DropInOptions } from './drop-in-options.ts'
import { isKeygrip, keysSet, toKeygrip, toSealingSecrets, type Keys } from './keys.ts'
import { createPeerWire } from './peer-wire.ts'
import { createSealedWire } from './sealed-wire.ts'
import type { CookieSettings } from './set-cookie.ts'

/** The options of the middleware. `types/cookie-session.d.ts` documents them for callers. */
export interface Options extends CookieSettings, DropInOptions {
  readonly name?: string | undefined
  readonly keys?: Keys | undefined
  readonly secret?: string | undefined
  readonly signed?: boolean | undefined
  readonly overwrite?: boolean | undefined
}

export type Settings = ReturnType<typeof readSettings>

const daySeconds = 24 * 3600
/** The longest timeout that `createSessions` takes. */
const maxSeconds = 10 * 366 * daySeconds

/** Reads the options, and adds their defaults. @throws as cookie-session does; `ERR_OPTIONS` for the options of Sojourn */
export function readSettings(options: Options) {
  const { signed = true, wire = 'sealed', store, cacheHeaders = true, userOf = defaultUserOf } = options
  const keys = readKeys(options)
  if (signed && keys === null) throw new Error('.keys required.')
  if (Number.isNaN(Number(options.maxAge ?? 0))) throw optionsError('maxAge must be a number of milliseconds.')
  if (wire !== 'sealed' && wire !== 'peer') throw optionsError("wire must be 'sealed' or 'peer'.")
  if (wire === 'peer' && store !== undefined)
    throw optionsError("With wire: 'peer' cookies have the data: remove store.")
  if (typeof userOf !== 'function') throw optionsError('userOf must be a function of the session.')
  const name = options.name || 'session'
  const values = { ...options, signed, wire, userOf, name, keys }
  return { name, cacheHeaders, userOf, replacedCookies: createReplacedIds(), ...createWire(values) }
}

/** @throws an error if a list has no key that is set; `ERR_OPTIONS` if `keys` is neither a list nor a Keygrip */
function readKeys({ keys, secret }: Options): Keys | null {
  if (keys == null) return secret ? [secret] : null
  if (Array.isArray(keys)) {
    const set = keysSet(keys)
    if (set.length === 0) throw new Error('.keys required.')
    return set
  }
  if (typeof keys !== 'object' || !isKeygrip(keys)) throw optionsError('keys must be a list of keys, newest first.')
  return keys
}

type Values = Omit<Options, 'keys'> & {
  readonly name: string
  readonly signed: boolean
  readonly wire: 'sealed' | 'peer'
  readonly userOf: UserOf
  readonly keys: Keys | null
}

function createWire(values: Values) {
  const { name, keys, signed } = values
  if (values.wire === 'sealed') {
    const sealed = createSealed(values, formatOf(keys))
    return { wire: sealed, sessions: values.store === undefined ? null : sealed.sessions }
  }
  // The keys of a Keygrip are not known.
  const canOpen = keys !== null && !isKeygrip(keys)
  const sealed = canOpen ? createSealed({ ...values, adopt: false }, formatOf(keys)) : null
  return { wire: createPeerWire(name, signed ? toKeygrip(keys!) : null, sealed), sessions: null }
}

function createSealed(values: Values, format: ReturnType<typeof sealedFormat>) {
  const { name, keys, signed, maxAge, expires, userOf, adopt = true } = values
  const { idleTimeout = maxAge ? Math.min(maxSeconds, Math.max(1, maxAge / 1000)) : 7 * daySeconds } = values
  const remember = Boolean(maxAge || expires)
  const user = (data: object): string | null => userIdOf(userOf, data)
  const reader = () => fromCookieSession({ keys: keys!, user, dataOf: escapeKeys, cookieName: name, remember })
  return createSealedWire({
    format,
    name,
    userOf,
    // Anyone can write cookies that are not signed.
    accept: adopt && signed && keys !== null ? [reader()] : [],
    remember,
    store: values.store,
    storeTimeout: values.storeTimeout,
    idleTimeout,
    absoluteTimeout: values.absoluteTimeout ?? Math.max(400 * daySeconds, idleTimeout),
    touchAfter: values.touchAfter,
    onEvent: values.onEvent,
  })
}

function formatOf(keys: Keys | null) {
  const isProduction = process.env['NODE_ENV'] === 'production'
  if (keys === null) return createDefaultFormat(undefined, '', isProduction)
  if (isKeygrip(keys))
    throw optionsError(
      "A Keygrip does not reveal its keys, with which cookies are sealed. Pass them as a list, newest first, or set wire: 'peer'.",
    )
  if (isProduction && keys.some((key) => key.length < 32))
    warnOnce(
      'sojourn: a key of the session cookie has fewer than 32 characters, so it may be guessed. Put a long random one first in keys, and keep the old one behind it until its cookies have expired.',
    )
  return sealedFormat({ secrets: toSealingSecrets('cookie-session', keys) })
}
