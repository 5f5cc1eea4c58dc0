import { readCookieOptions, type CookieOptions, type Cookies } from './cookies/cookie-options.ts'
import type { ForeignSessions } from './cookies/foreign.ts'
import { checkFormat, lifetimesFor } from './cookies/check-format.ts'
import type { CookieFormat, FormatCapabilities } from './cookies/format.ts'
import { jsonCodec, type Codec } from './core/codec.ts'
import { optionsError } from './core/errors.ts'
import { createEvents, type Events, type SessionEvent } from './core/events.ts'
import type { Lifetimes } from './core/lifetime.ts'
import { createLogicalClock, type LogicalTime } from './core/logical-time.ts'
import { checkOptionNames, checkSeconds, checkStoreMethods } from './core/check-options.ts'
import { createDefaultFormat } from './formats/default-format.ts'
import type { Secret } from './formats/secrets.ts'
import { createCsrf } from './session/csrf.ts'
import { checkSchema, type Schema } from './session/schema.ts'
import type { SessionContext } from './session/state.ts'
import type { SessionStore } from './stores/store.ts'
import { sha256 } from './util/sha256.ts'

/** Options of `createSessions`. Durations are in seconds, at most ten years. An unknown option or an invalid value throws `ERR_OPTIONS`. */
export interface SessionsOptions {
  /**
   * The secrets that seal sessions, newest first: the first seals, all of them open. A secret under 32 bytes, or in production
   * one from examples, throws `ERR_SECRET_WEAK`. If the list is empty, or an entry is missing or empty, the first `open` throws
   * `ERR_SECRET_MISSING`.
   *
   * @default `SECRET_KEY` and `SECRET_KEY_FALLBACKS` of the environment; in development, a key that is created once and stored
   */
  secrets?: readonly (Secret | undefined)[] | undefined
  /**
   * The application's name. Another application with the same secret rejects its sessions. Changing it signs all users out.
   *
   * @default ''
   */
  audience?: string | undefined
  /**
   * The format of the cookie's value, such as `flaskFormat(…)`. A format has its own secrets.
   *
   * @default the sealed token: AES-256-GCM (NIST SP 800-38D) under keys derived from `secrets` with HKDF-SHA256 (RFC 5869)
   */
  format?: CookieFormat | undefined
  /**
   * The store, such as `sqliteStore(…)`, `redisStore(…)`, `postgresStore(…)` or `memoryStore()`. With a store, sessions can be
   * listed and revoked, and hold more than 4 KB. A session that began without a store is adopted on its next request.
   *
   * @default undefined: sessions are in their cookies only
   */
  store?: SessionStore | undefined
  /**
   * How long a session continues without the store if the store does not answer, in seconds. It counts from the last time that
   * the store confirmed the session. Cookies then also hold a sealed copy of the data, if there is room. Changes made during
   * an outage remain in the cookie until the store answers. A revocation may take this long to apply at a server that
   * cannot ask the store and has not heard of it.
   *
   * Without a store: how long a copy is accepted from a server that has a store.
   *
   * @default 0: sessions never continue without the store, and cookies hold no copy
   */
  unconfirmedFor?: number | undefined
  /**
   * The session of a handler if the store does not answer and the cookie has no usable copy. With `'throw'`, using it
   * throws an error of status 503; with `'guest'`, the handler gets a guest session.
   *
   * @default 'throw'
   */
  whenUnavailable?: 'throw' | 'guest' | undefined
  /** How long to wait for an answer of the store, in seconds, 0.01 or more. A request waits for 2.2 times as long in all, at most. @default 0.25 */
  storeTimeout?: number | undefined
  /** Ends a session that was not used for this long, in seconds, 1 or more (ASVS 5.0, 7.3.1). @default 604800 (7 days) */
  idleTimeout?: number | undefined
  /**
   * Ends a session this long after its user signed in, or after a guest's session began, even if it is in use. In seconds, 1
   * or more (ASVS 5.0, 7.3.2). Ignored with a format that does not record the sign-in, such as Flask's.
   *
   * @default 2592000 (30 days)
   */
  absoluteTimeout?: number | undefined
  /**
   * The least time between two writes of a session's last use, in seconds. 0 writes it on every request. Must be less than
   * `idleTimeout`.
   *
   * @default 3600 or 1/20 of `idleTimeout`, whichever is less
   */
  touchAfter?: number | undefined
  /**
   * How many sessions a user may have, 1 or more; `Infinity` for any number. Ignored without a store. A sign-in beyond it ends
   * the session that began first.
   *
   * @default 1000
   */
  maxSessions?: number | undefined
  /**
   * Decides about a sign-in beyond `maxSessions`: `'end-oldest'` ends the session that began first, `'refuse'` makes `commit` throw
   * `ERR_SESSION_LIMIT`, of status 409.
   *
   * @default 'end-oldest'
   */
  onLimit?: 'end-oldest' | 'refuse' | undefined
  /** Whether sessions outlive the browser, unless a sign-in overrides it. @default true */
  remember?: boolean | undefined
  /** Names and attributes of the two cookies. @default {}: `HttpOnly`, `SameSite=Lax` and, in production, `Secure` and `__Host-Http-` */
  cookie?: CookieOptions | undefined
  /**
   * Sessions of other libraries to adopt, such as `fromFlask(…)`. A user who is signed in there remains signed in here: our
   * session and cookie replace the foreign ones. The other library's store is called only if no user is signed in here, and at
   * a sign-out.
   *
   * @default []
   */
  accept?: readonly ForeignSessions[] | undefined
  /**
   * Receives events, for logs and metrics. Events hold no secret, no token and no value of the data, but may name its keys. An
   * error that it throws is reported by `process.emitWarning` and has no other effect.
   *
   * @default undefined
   */
  onEvent?: ((event: SessionEvent) => void) | undefined
  /** Returns the time in epoch milliseconds; for tests. @default Date.now */
  now?: (() => number) | undefined
}

/** The checked options, and the objects created from them. */
export interface Settings {
  /** The part of the settings that each session needs. */
  readonly session: SessionContext
  readonly store: SessionStore | null
  /** In seconds. */
  readonly storeTimeout: number
  readonly maxSessions: number
  readonly onLimit: 'end-oldest' | 'refuse'
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
  ['secrets', 'audience', 'format', 'store', 'schema', 'unconfirmedFor', 'whenUnavailable', 'storeTimeout'],
  ['idleTimeout', 'absoluteTimeout', 'touchAfter', 'maxSessions', 'onLimit', 'remember', 'cookie', 'accept'],
  ['onEvent', 'now'],
].flat()

type Options = SessionsOptions & { readonly schema?: Schema | undefined }

/** Checks the options, and adds their defaults. @throws as documented at {@link SessionsOptions} */
export function readOptions(options: Options): Settings {
  checkOptionNames('createSessions', options, optionNames)
  const isProduction = process.env['NODE_ENV'] === 'production'
  const values = addDefaults(options)
  checkValues(values)
  const { store, schema, now } = values
  const format = options.format ?? createDefaultFormat(options.secrets, values.audience, isProduction)
  if (options.format !== undefined && (options.secrets !== undefined || options.audience !== undefined)) {
    throw optionsError('A format has its own secrets: remove secrets and audience.')
  }
  checkFormat(format)
  if (store !== null) checkStore(store, format)
  if (schema !== null) checkSchema(schema)
  const { capabilities, codec = jsonCodec } = format
  const publicId = capabilities.idIsSecret ? sha256 : (id: string) => id
  if (capabilities.idIsSecret && values.unconfirmedFor > 0)
    throw optionsError(`Cookies of the format ${format.name} cannot hold a copy of the data: remove unconfirmedFor.`)
  const lifetimes = lifetimesFor(capabilities, values)
  // Round down, because stores keep whole milliseconds.
  const wholeNow = now === Date.now ? now : () => Math.floor(now())
  return {
    session: {
      createIdentity: format.createIdentity ?? null,
      publicId,
      codec,
      csrf: createCsrf(() => format.keysFor('csrf 1')),
      lifetimes,
      remember: values.remember,
      hasStore: store !== null,
      whenUnavailable: values.whenUnavailable,
      schema,
    },
    format,
    capabilities,
    codec,
    accept: values.accept,
    store,
    storeTimeout: values.storeTimeout,
    maxSessions: values.maxSessions,
    onLimit: values.onLimit,
    cookies: readCookieOptions(options.cookie ?? {}, format.cookie ?? {}, { ...capabilities, isProduction }),
    lifetimes,
    events: createEvents(values.onEvent, publicId),
    now: wholeNow,
    // Only sign-ins at a store use the second clock.
    tick: createLogicalClock(wholeNow, store === null ? () => 0 : () => performance.now()),
  }
}

/** @throws `ERR_OPTIONS` for `idleTimeout` only */
function addDefaults(options: Options) {
  const { idleTimeout = 7 * daySeconds, absoluteTimeout = 30 * daySeconds, unconfirmedFor = 0 } = options
  // Check this first, because the default of `touchAfter` is computed from it.
  checkSeconds('idleTimeout', idleTimeout, 1)
  const { touchAfter = Math.min(3600, idleTimeout / 20), storeTimeout = 0.25, remember = true } = options
  const { audience = '', whenUnavailable = 'throw', now = Date.now, onEvent } = options
  const { store = null, schema = null, accept = [], maxSessions = 1000, onLimit = 'end-oldest' } = options
  const durations = { idleTimeout, absoluteTimeout, touchAfter, unconfirmedFor, storeTimeout }
  const limits = { maxSessions, onLimit }
  return { ...durations, ...limits, audience, whenUnavailable, remember, now, onEvent, store, schema, accept }
}

function checkValues(values: ReturnType<typeof addDefaults>): void {
  const { idleTimeout, touchAfter, whenUnavailable, maxSessions, onLimit, now, onEvent } = values
  checkSeconds('absoluteTimeout', values.absoluteTimeout, 1)
  checkSeconds('touchAfter', touchAfter, 0)
  checkSeconds('unconfirmedFor', values.unconfirmedFor, 0)
  checkSeconds('storeTimeout', values.storeTimeout, 0.01)
  if (touchAfter >= idleTimeout) {
    throw optionsError(
      `touchAfter (${touchAfter}) must be less than idleTimeout (${idleTimeout}), or sessions end while in use.`,
    )
  }
  if (whenUnavailable !== 'throw' && whenUnavailable !== 'guest')
    throw optionsError("whenUnavailable must be 'throw' or 'guest'.")
  if (!(maxSessions === Infinity || (Number.isInteger(maxSessions) && maxSessions >= 1)))
    throw optionsError('maxSessions must be a whole number of at least 1, or Infinity.')
  if (onLimit !== 'end-oldest' && onLimit !== 'refuse') throw optionsError("onLimit must be 'end-oldest' or 'refuse'.")
  if (typeof values.audience !== 'string') throw optionsError('audience must be a string.')
  if (typeof values.remember !== 'boolean') throw optionsError('remember must be true or false.')
  if (typeof now !== 'function') throw optionsError('now must be a function that returns epoch milliseconds.')
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw optionsError('onEvent must be a function that takes an event.')
  if (!Array.isArray(values.accept)) throw optionsError('accept must be a list.')
}

function checkStore(store: SessionStore, format: CookieFormat): void {
  checkStoreMethods(store)
  if (!format.capabilities.hasIdentity) {
    throw optionsError(
      `Cookies of the format ${format.name} have no identity, which a store needs: remove store or format.`,
    )
  }
}
