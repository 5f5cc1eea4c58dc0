import type { ServerResponse } from 'node:http'
import { checkPriority, checkSameSite, checkText, formatDate } from '../shared/set-cookie.ts'

/** Attributes of a cookie as the package `cookies` takes them. `maxAge` is in milliseconds. */
export interface CookieSettings {
  readonly maxAge?: number | null | undefined
  readonly expires?: Date | null | undefined
  readonly path?: string | undefined
  readonly domain?: string | undefined
  readonly secure?: boolean | undefined
  readonly httpOnly?: boolean | undefined
  readonly sameSite?: boolean | string | undefined
  readonly priority?: string | undefined
  readonly partitioned?: boolean | undefined
}

/** A cookie's name and value. An empty value deletes the cookie. */
export type CookiePair = readonly [name: string, value: string]

/**
 * Formats a `Set-Cookie` value as the package `cookies` does. The value is not encoded.
 *
 * @param isSecure whether the cookie is `Secure` if the settings do not say so
 * @throws `TypeError` if an attribute is invalid
 */
export function formatCookie([name, value]: CookiePair, settings: CookieSettings, isSecure: boolean): string {
  const { path = '/', domain, secure = isSecure, httpOnly = true, sameSite, priority, partitioned } = settings
  const expires = value === '' ? new Date(0) : expiryOf(settings)
  const parts = [`${name}=${value}`]
  if (path) parts.push(`path=${checkText('path', path)}`)
  if (expires) parts.push(`expires=${formatDate(expires)}`)
  if (domain) parts.push(`domain=${checkText('domain', domain)}`)
  if (priority) parts.push(`priority=${checkPriority(priority)}`)
  if (sameSite) parts.push(`samesite=${checkSameSite(sameSite)}`)
  if (secure) parts.push('secure')
  if (httpOnly) parts.push('httponly')
  if (partitioned) parts.push('partitioned')
  return parts.join('; ')
}

/** Removes what the response sets under these names so far. */
export function removeSetCookies(response: ServerResponse, names: readonly string[]): void {
  const present = [response.getHeader('Set-Cookie') ?? []].flat().map(String)
  const kept = present.filter((line) => !names.includes(line.slice(0, line.indexOf('='))))
  if (kept.length < present.length) response.setHeader('Set-Cookie', kept)
}

const expiryOf = ({ maxAge, expires }: CookieSettings): Date | null | undefined =>
  maxAge ? new Date(Date.now() + maxAge) : expires
