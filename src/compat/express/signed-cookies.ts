import { readCookieValues } from '../../cookies/cookie-header.ts'
import { decodeCookieValue } from '../shared/cookie-values.ts'
import { signValue, unsignValue, type SigningSecret } from '../shared/signature.ts'
import type { SessionRequest } from './session.ts'

/** How many cookies of one name are tried. A cookie of another path or of a parent domain must not hide ours. */
const maxCookies = 8

/** Returns the ids in the request's signed cookies, in the order of the header. */
export function readIds(request: SessionRequest, name: string, secrets: readonly SigningSecret[]): readonly string[] {
  const header = request.headers['cookie']
  const values =
    typeof header === 'string' ? readCookieValues(header, name).slice(0, maxCookies).map(decodeCookieValue) : []
  const ids = values.map((value) => readId(value, secrets)).filter((id) => id !== null)
  if (ids.length > 0) return [...new Set(ids)]
  // The middleware cookie-parser may have read it, with its own secret.
  const signed: unknown = request.signedCookies?.[name]
  if (typeof signed === 'string' && signed !== '') return [signed]
  const parsed: unknown = request.cookies?.[name]
  const id = typeof parsed === 'string' ? readId(parsed, secrets) : null
  return id === null ? [] : [id]
}

/** Returns the value of a cookie with an id. */
export const signId = (id: string, secret: SigningSecret): string => `s:${signValue(id, secret)}`

function readId(value: string, secrets: readonly SigningSecret[]): string | null {
  return value.startsWith('s:') ? unsignValue(value.slice(2), secrets) || null : null
}
