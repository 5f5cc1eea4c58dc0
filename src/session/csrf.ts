import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'

/** Tokens for forms: an HMAC of the session's id, so that nothing need be kept. */
export interface Csrf {
  tokenFor(id: string): string
  /** In constant time. Tokens of older keys hold as well, so that rotating a key breaks no form that is open. */
  isTokenFor(id: string, token: unknown): boolean
}

/** @param keys newest first: the first makes tokens, all of them prove them @internal */
export function createCsrf(keys: readonly KeyObject[]): Csrf {
  const digest = (key: KeyObject, id: string) => createHmac('sha256', key).update(id).digest()
  return {
    tokenFor: (id) => digest(keys[0]!, id).toString('base64url'),
    isTokenFor(id, token) {
      if (typeof token !== 'string') return false
      const given = Buffer.from(token)
      return keys
        .map((key) => Buffer.from(digest(key, id).toString('base64url')))
        .reduce((found, each) => (each.length === given.length && timingSafeEqual(each, given)) || found, false)
    },
  }
}
