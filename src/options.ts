import { readCookieOptions, type CookieOptions, type Cookies } from './cookies/cookie-options.ts'
import type { ForeignSessions } from './cookies/foreign.ts'
import type { CookieFormat, FormatCapabilities } from './cookies/format.ts'
import { jsonCodec, type Codec } from './core/codec.ts'
import { SojournError } from './core/errors.ts'
import { createEvents, type Events, type SessionEvent } from './core/events.ts'
import type { Lifetimes } from './core/lifetime.ts'
import { createLogicalClock, type LogicalTime } from './core/logical-time.ts'
import { loadDevelopmentSecret } from './formats/development-secret.ts'
import { sealedFormat } from './formats/sealed.ts'
import { howToCreateSecret, readSecrets, readSecretsFromEnv, type Secret } from './formats/secrets.ts'
import { createCsrf } from './session/csrf.ts'
import { checkSchema, type Schema } from './session/schema.ts'
import type { SessionContext } from './session/state.ts'
import type { SessionStore } from './stores/store.ts'
import { sha256 } from './util/sha256.ts'

/** Options of `createSessions`. Durations are seconds. What is none of these, or makes no sense, throws `ERR_OPTIONS`. */
export interface SessionsOptions {
  /**
   * What sessions are sealed with, newest first: the first seals, all of them open. An empty list, or a missing or empty
   * entry, throws `ERR_SECRET_MISSING`; one of under 32 bytes, or in production one out of examples, `ERR_SECRET_WEAK`.
   *
   * @default `SECRET_KEY` and `SECRET_KEY_FALLBACKS` of the environment; in development, one that is made once and kept
   */
  secrets?: readonly (Secret | undefined)[] | undefined
  /**
   * Names the application, so that another with the same secret refuses its sessions. Changing it signs everybody out.
   *
   * @default ''
   */
  audience?: string | undefined
  /**
   * How a session is written as a cookie's value, such as `flaskFormat(…)`. It brings its own secrets.
   *
   * @default the sealed token: AES-256-GCM (NIST SP 800-38D) under keys that HKDF-SHA256 (RFC 5869) makes of `secrets`
   */
  format?: CookieFormat | undefined
  /**
   * Where sessions are kept, so that they can be listed and revoked, and hold more than 4 KB: `sqliteStore(…)`,
   * `redisStore(…)`, `postgresStore(…)`, `memoryStore()`. Sessions from before there was a store are taken in on their next request.
   *
   * @default none: the cookie is all there is
   */
  store?: SessionStore | undefined
  /**
   * For how long after the store last confirmed a session it goes on without the store, in seconds. Its data then also rides
   * in the cookie, as a sealed copy, as far as there is room: what is changed during an outage is kept there until the store
   * answers. A revocation during an outage takes effect after this long at the latest. Without a store: for how long a
   * session that came with such a copy, from a server that has a store, is taken over.
   *
   * @default 0: never, and no copy
   */
  unconfirmedFor?: number | undefined
  /**
   * What a handler gets where the store cannot be asked and the cookie alone does not suffice: an error of status 503 when it
   * touches the session, or a guest.
   *
   * @default 'throw'
   */
  whenUnavailable?: 'throw' | 'guest' | undefined
  /** How long to wait for the store, in seconds, 0.01 or more. @default 0.25 */
  storeTimeout?: number | undefined
  /** Ends a session that was not used for this long, in seconds, 1 or more (ASVS 5.0, 7.3.1). @default 604800 (7 days) */
  idleTimeout?: number | undefined
  /**
   * Ends a session this long after its user signed in, or after a guest's began, however busy it is: in seconds, 1 or more
   * (ASVS 5.0, 7.3.2). Of no use with a format that keeps no time of sign-in, such as Flask's.
   *
   * @default 2592000 (30 days)
   */
  absoluteTimeout?: number | undefined
  /**
   * Writes down at most this often that a session is in use, in seconds; 0 is on every request. Less than `idleTimeout`.
   *
   * @default 3600 or 1/20 of `idleTimeout`, whichever is less
   */
  touchAfter?: number | undefined
  /** Whether sessions outlive the browser, unless a sign-in says otherwise. @default true */
  remember?: boolean | undefined
  /** Names and attributes of the two cookies. @default {}, which makes them `HttpOnly`, `SameSite=Lax` and, in production, `Secure` and `__Host-` */
  cookie?: CookieOptions | undefined
  /**
   * Sessions of other libraries to take over, such as `fromFlask(…)`: who is signed in there stays signed in here, with a
   * session and a cookie of ours, in the place of theirs. Their store is asked only for who is not signed in here, and at a
   * sign-out.
   *
   * @default none
   */
  accept?: readonly ForeignSessions[] | undefined
  /**
   * Is told what happened, for logs and metrics. Never sees a secret, a token or data. What it throws is reported by
   * `process.emitWarning`, and costs nobody their session.
   *
   * @default none
   */
  onEvent?: ((event: SessionEvent) => void) | undefined
  /** Tells the time in epoch milliseconds; tests pass their own. @default Date.now */
  now?: (() => number) | undefined
}

/** The options, checked, and what is made of them. */
export interface Settings {
  /** The part of the settings that each session needs. */
  readonly session: SessionContext
  readonly store: SessionStore | null
  /** Seconds. */
  readonly storeTimeout: number
  readonly format: CookieFormat
  readonly capabilities: FormatCapabilities
  readonly codec: Codec
  readonly lifetimes: Lifetimes
  readonly accept: readonly ForeignSessions[]
  readonly cookies: Cookies
  readonly events: Events
  readonly now: () => number
  /** Reads the same clock, with a count that orders the steps of this process. */
  readonly tick: () => LogicalTime
}

const daySeconds = 24 * 3600
const optionNames = [
  'secrets',
  'format',
  'store',
  'schema',
  'unconfirmedFor',
  'whenUnavailable',
  'storeTimeout',
  'audience',
  'idleTimeout',
  'absoluteTimeout',
  'touchAfter',
  'remember',
  'cookie',
  'accept',
  'onEvent',
  'now',
]

/** Reads the options, with their defaults, and refuses what makes no sense. */
export function readOptions(options: SessionsOptions & { readonly schema?: Schema | undefined }): Settings {
  if (typeof options !== 'object' || options === null) throwOptionsError('createSessions takes an object of options.')
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && !optionNames.includes(key))
      throwOptionsError(`${key} is not an option of createSessions. There are ${optionNames.join(', ')}.`)
  }
  const isProduction = process.env['NODE_ENV'] === 'production'
  const {
    audience = '',
    idleTimeout = 7 * daySeconds,
    absoluteTimeout = 30 * daySeconds,
    unconfirmedFor = 0,
    whenUnavailable = 'throw',
    storeTimeout = 0.25,
    remember = true,
    now = Date.now,
    onEvent,
  } = options
  checkSeconds('idleTimeout', idleTimeout, 1)
  const { touchAfter = Math.min(3600, idleTimeout / 20) } = options
  checkSeconds('absoluteTimeout', absoluteTimeout, 1)
  checkSeconds('touchAfter', touchAfter, 0)
  checkSeconds('unconfirmedFor', unconfirmedFor, 0)
  checkSeconds('storeTimeout', storeTimeout, 0.01)
  if (whenUnavailable !== 'throw' && whenUnavailable !== 'guest')
    throwOptionsError("whenUnavailable is 'throw' or 'guest'.")
  if (touchAfter >= idleTimeout) {
    throwOptionsError(
      `touchAfter (${touchAfter}) must be less than idleTimeout (${idleTimeout}): use that is not written down does not count, and busy sessions would end.`,
    )
  }
  if (typeof audience !== 'string') throwOptionsError('audience is a text.')
  if (typeof remember !== 'boolean') throwOptionsError('remember is true or false.')
  if (typeof now !== 'function') throwOptionsError('now is a function that gives epoch milliseconds.')
  if (onEvent !== undefined && typeof onEvent !== 'function') throwOptionsError('onEvent is a function of an event.')

  const format = options.format ?? createSealedFormat(options.secrets, audience, isProduction)
  if (options.format !== undefined && (options.secrets !== undefined || options.audience !== undefined)) {
    throwOptionsError('A format brings its own secrets: leave out secrets and audience.')
  }
  const { store = null, schema = null, accept = [] } = options
  if (!Array.isArray(accept)) throwOptionsError('accept is a list.')
  if (store !== null) checkStore(store, format)
  if (schema !== null) checkSchema(schema)
  const { capabilities, codec = jsonCodec } = format
  const publicId = capabilities.idIsSecret ? sha256 : (id: string) => id
  if (capabilities.idIsSecret && unconfirmedFor > 0)
    throwOptionsError('Such a cookie holds no copy: leave out unconfirmedFor.')
  // Without an identity, or with the id alone, a cookie does not tell when its session began.
  const hasStartTime = capabilities.hasIdentity && !capabilities.idIsSecret
  const lifetimes: Lifetimes = {
    idleTimeout,
    absoluteTimeout: hasStartTime ? absoluteTimeout : Infinity,
    touchAfter,
    unconfirmedFor,
  }
  // Whole milliseconds, as stores keep them.
  const wholeNow = now === Date.now ? now : () => Math.floor(now())
  return {
    session: {
      createIdentity: format.createIdentity ?? null,
      publicId,
      codec,
      csrf: createCsrf(format.keysFor('csrf 1')),
      lifetimes,
      remember,
      hasStore: store !== null,
      whenUnavailable,
      schema,
    },
    format,
    capabilities,
    codec,
    accept,
    store,
    storeTimeout,
    cookies: readCookieOptions(options.cookie ?? {}, format.cookie ?? {}, { ...capabilities, isProduction }),
    lifetimes,
    events: createEvents(onEvent, publicId),
    now: wholeNow,
    tick: createLogicalClock(wholeNow),
  }
}

const createSealedFormat = (
  secrets: SessionsOptions['secrets'],
  audience: string,
  isProduction: boolean,
): CookieFormat =>
  sealedFormat({ secrets: readSecrets(secrets ?? readDefaultSecrets(isProduction), isProduction), audience })

function readDefaultSecrets(isProduction: boolean): readonly string[] {
  const secrets = readSecretsFromEnv(process.env)
  if (secrets !== null) return secrets
  if (!isProduction) return [loadDevelopmentSecret()]
  throw new SojournError(
    'ERR_SECRET_MISSING',
    `SECRET_KEY is not set, and production does not start without. ${howToCreateSecret}`,
  )
}

function checkStore(store: SessionStore, format: CookieFormat): void {
  const missing = (['create', 'read', 'update', 'end', 'list'] as const).filter(
    (verb) => typeof store?.[verb] !== 'function',
  )
  if (missing.length > 0)
    throwOptionsError(`store is a SessionStore, such as sqliteStore(…); this one has no ${missing.join(', ')}.`)
  if (!format.capabilities.hasIdentity) {
    throwOptionsError(
      `Cookies of the format ${format.name} have no identity to keep sessions by: leave out store, or leave out format.`,
    )
  }
}

function checkSeconds(name: string, value: unknown, min: number): void {
  // Upper bound: instants beyond are no dates any more.
  if (typeof value === 'number' && value >= min && value <= 1e11) return
  throwOptionsError(
    `${name} is a number of seconds, at least ${min}; not ${typeof value === 'string' ? JSON.stringify(value) : String(value)}.`,
  )
}

function throwOptionsError(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}
