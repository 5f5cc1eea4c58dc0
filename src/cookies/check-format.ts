import { optionsError } from '../core/errors.ts'
import type { Lifetimes } from '../core/lifetime.ts'
import type { CookieFormat, FormatCapabilities } from './format.ts'

/** Returns the timeouts that a format can keep. */
export function lifetimesFor({ hasIdentity, idIsSecret }: FormatCapabilities, lifetimes: Lifetimes): Lifetimes {
  const { idleTimeout, absoluteTimeout, touchAfter, unconfirmedFor } = lifetimes
  // A cookie without an identity, or with the id only, does not record when its session began.
  const hasStartTime = hasIdentity && !idIsSecret
  return { idleTimeout, absoluteTimeout: hasStartTime ? absoluteTimeout : Infinity, touchAfter, unconfirmedFor }
}

/** Checks a format, which the compiler does not do in JavaScript. @throws `ERR_OPTIONS` */
export function checkFormat({ name, capabilities, createIdentity }: CookieFormat): void {
  if (typeof capabilities !== 'object' || capabilities.hasIdentity !== (createIdentity !== undefined))
    throw optionsError(`The format ${name} must say its capabilities, and create identities if it hasIdentity.`)
}
