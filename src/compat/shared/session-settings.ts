import type { SessionEvent } from '../../core/events.ts'
import { readOptions, type Settings } from '../../options.ts'
import type { SessionStore } from '../../stores/store.ts'
import type { FormerStore } from './former-store.ts'
import { limitedStore } from './limited-store.ts'
import type { UserOf } from './user-of.ts'

/** Settings of sessions whose cookie is an id, in a store of Sojourn's. Durations are in seconds. */
export interface StoredSessionsOptions {
  /** The library whose cookies these are. */
  readonly library: string
  readonly store: SessionStore
  readonly userOf: UserOf
  /** The former store. */
  readonly from?: FormerStore | undefined
  /** How long a session lives after each use if its cookie has no `maxAge`. */
  readonly ttl: number
  /** The least time between two writes of a session's last use. */
  readonly touchAfter: number
  readonly storeTimeout?: number | undefined
  readonly onEvent?: ((event: SessionEvent) => void) | undefined
}

/** Browsers keep a cookie for 400 days at most (RFC 6265bis section 5.5), so no session needs more. */
const longestLife = 400 * 24 * 3600
/** How long an ending is kept, in milliseconds. It must outlive the requests that are under way. */
const endingMs = 24 * 3600 * 1000
/** How long expired records are kept, in seconds. */
const sweepGrace = 3600

/** Reads the settings of the repository. @throws `ERR_OPTIONS` */
export function readStoredSettings(options: StoredSessionsOptions): Settings {
  const { library, store, from, touchAfter, storeTimeout, onEvent } = options
  // The former store may have a session for as long as its cookie lives. So its ending must be kept for as long.
  const keepEndingsMs = from === undefined ? endingMs : longestLife * 1000
  return readOptions({
    store: limitedStore(store, keepEndingsMs, (longestLife - sweepGrace) * 1000),
    idleTimeout: longestLife,
    absoluteTimeout: longestLife,
    touchAfter,
    storeTimeout,
    onEvent,
    // Read late, because tests of an application may replace it.
    now: () => Date.now(),
    format: {
      name: library,
      // The cookie is only an id. But the id in the store opens nothing, so sessions can be listed.
      capabilities: { hasIdentity: true, idIsSecret: false, singleCookie: true },
      open: unused,
      seal: unused,
      createIdentity: unused,
      keysFor: () => [],
    },
  })
}

/** The drop-in reads and writes its cookies by itself. */
function unused(): never {
  throw new Error('unused')
}
