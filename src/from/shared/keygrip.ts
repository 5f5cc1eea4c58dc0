import { readCookieValues } from '../../cookies/cookie-header.ts'
import { optionsError } from '../../core/errors.ts'
import { maxCookies } from './foreign-cookie-options.ts'
import { readForeignSecrets, type ForeignSecrets } from './foreign-secrets.ts'
import { isSigned } from './unsign.ts'

/** The keys of Koa, cookie-session and the package `cookies`: a list with the newest first, or a `Keygrip`. */
export type KeygripKeys = ForeignSecrets | { verify(data: string, signature: string): boolean }

/** Returns the names of a signed cookie and of its signature. */
export const signedCookieNames = (name: string): readonly string[] => [name, `${name}.sig`]

/**
 * Returns a function that checks whether a cookie's value has a signature in the header: the cookie `<name>.sig`, as the package
 * `cookies` writes it.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_OPTIONS`
 */
export function createKeygripCheck(
  caller: string,
  keys: KeygripKeys,
): (header: string, name: string, value: string) => boolean {
  const verify = createVerify(caller, keys)
  return (header, name, value) => {
    const signatures = readCookieValues(header, `${name}.sig`).slice(0, maxCookies)
    return signatures.some((signature) => verify(`${name}=${value}`, signature))
  }
}

function createVerify(caller: string, keys: KeygripKeys): (data: string, signature: string) => boolean {
  if (isKeygrip(keys)) return (data, signature) => keys.verify(data, signature)
  if (typeof keys === 'string')
    throw optionsError(`keys of ${caller} must be a list, newest first, such as ['newer', 'older'], or a Keygrip.`)
  const secrets = readForeignSecrets(caller, 'keys', keys)
  const style = { algorithm: 'sha1', encode: (hmac: Buffer) => hmac.toString('base64url') }
  return (data, signature) => isSigned(data, signature, secrets, style)
}

const isKeygrip = (keys: KeygripKeys): keys is { verify(data: string, signature: string): boolean } =>
  typeof Reflect.get(Object(keys), 'verify') === 'function'
