import { createHash, createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../util/constant-time-equal.ts'

/** The package `keygrip`, or an object like it. */
export interface Keygrip {
  sign(data: string): string
  /** Returns the position of the key that signed, or -1. */
  index(data: string, signature: string): number
  verify(data: string, signature: string): boolean
}

export type Keys = Keygrip | readonly (string | Uint8Array)[]

export const isKeygrip = (keys: Keys): keys is Keygrip => 'sign' in keys && typeof keys.sign === 'function'

/** Returns keys that sign as the package `keygrip` does by default: HMAC-SHA1 as base64url. The first key signs. */
export function toKeygrip(keys: Keys): Keygrip {
  if (isKeygrip(keys)) return keys
  const signBy = (key: string | Uint8Array, data: string): string =>
    createHmac('sha1', key).update(data).digest('base64url')
  const index = (data: string, signature: string): number =>
    keys.findIndex((key) => constantTimeEqual(signBy(key, data), signature))
  return {
    sign: (data) => signBy(keys[0]!, data),
    index,
    verify: (data, signature) => index(data, signature) !== -1,
  }
}

/** Returns the keys that are set. A program may list an environment variable that is not. */
export const keysSet = <Key>(keys: readonly Key[]): readonly Key[] => keys.filter((key) => key != null && key !== '')

/** Derives the secrets that seal from keys of any length. */
export const toSealingSecrets = (library: string, keys: readonly (string | Uint8Array)[]): readonly Uint8Array[] =>
  keysSet(keys).map((key) => createHash('sha256').update(`sojourn compat ${library}\0`).update(key).digest())
