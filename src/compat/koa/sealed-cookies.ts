import { optionsError } from '../../core/errors.ts'
import { createDefaultFormat } from '../../formats/default-format.ts'
import { sealedFormat } from '../../formats/sealed.ts'
import { isKeygrip, toSealingSecrets, type Keys } from '../cookie/keys.ts'
import { createSealedWire } from '../cookie/sealed-wire.ts'
import type { RequestCookies, Wire } from '../cookie/wire.ts'

/** No session needs to live longer, because browsers keep no cookie for longer (RFC 6265bis section 5.5). */
const longestSeconds = 400 * 24 * 3600

/** Returns the sealed cookies of an application, whose keys may be set after the middleware was created. */
export function createSealedCookies(name: string): (keys: Keys | undefined) => Wire {
  let known: { readonly keys: Keys | undefined; readonly wire: Wire } | null = null
  return (keys) => {
    if (known?.keys !== keys || known === null) known = { keys, wire: createWire(name, keys) }
    return known.wire
  }
}

/** The encoded session, and its user. */
export interface SealedText {
  readonly text: string
  readonly user?: string | null
}

/** Reads what {@link SealedText} was sealed. */
export const readSealed = (cookies: RequestCookies): string | null =>
  (cookies.read() as SealedText | null)?.text ?? null

function createWire(name: string, keys: Keys | undefined): Wire {
  return createSealedWire({
    format: formatOf(keys),
    name,
    accept: [],
    userOf: ({ user }: SealedText) => user,
    remember: true,
    // The record in the cookie has the session's own lifetime.
    idleTimeout: longestSeconds,
    absoluteTimeout: longestSeconds,
    touchAfter: longestSeconds - 1,
  })
}

function formatOf(keys: Keys | undefined) {
  const isProduction = process.env['NODE_ENV'] === 'production'
  if (keys === undefined) return createDefaultFormat(undefined, '', isProduction)
  if (isKeygrip(keys))
    throw optionsError(
      "A Keygrip does not reveal its keys, with which cookies are sealed. Set app.keys to a list, newest first, or wire: 'peer'.",
    )
  return sealedFormat({ secrets: toSealingSecrets('koa-session', keys) })
}
