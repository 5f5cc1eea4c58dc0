import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'

/** Tokens for forms. Each is an HMAC of the session's id, so that none needs to be stored. */
export interface Csrf {
  /** Returns the token as base64url. */
  tokenFor(id: string): string
  /** Compares in constant time. Tokens of older keys are valid too, so that a key rotation does not break open forms. */
  isTokenFor(id: string, token: unknown): boolean
}

/**
 * @param readKeys returns the keys, newest first: the first creates tokens, all verify them. Called for the first token, once.
 * @internal
 */
export function createCsrf(readKeys: () => readonly KeyObject[]): Csrf {
  let loadedKeys: readonly KeyObject[] | null = null
  const keys = () => (loadedKeys ??= readKeys())
  const digest = (key: KeyObject, id: string) => createHmac('sha256', key).update(id).digest()
  return {
    tokenFor: (id) => digest(keys()[0]!, id).toString('base64url'),
    isTokenFor(id, token) {
      if (typeof token !== 'string') return false
      const given = Buffer.from(token)
      return keys()
        .map((key) => Buffer.from(digest(key, id).toString('base64url')))
        .reduce((found, each) => (each.length === given.length && timingSafeEqual(each, given)) || found, false)
    },
  }
}
