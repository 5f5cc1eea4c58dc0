import { hash } from 'node:crypto'

const dayMs = 86_400_000
export const startedAt = Date.now()

let touches = 0

/** Returns an expiry later than all earlier ones, as a session gets that is used now. */
export const nextExpiry = () => startedAt + 8 * dayMs + touches++

/**
 * Returns the session with that number. Each user has three, with 200 bytes of data. The ids look random, but follow from
 * the number, because a list of them would be part of the memory that is measured.
 */
export function sessionOf(index, expiresAt = startedAt + 8 * dayMs) {
  return {
    id: idOf(index),
    secretHash: hash('sha256', `secret ${index}`, 'base64url'),
    version: 1,
    userId: userOf(index),
    createdAt: startedAt - dayMs,
    signedInAt: startedAt - dayMs,
    lastSeenAt: startedAt,
    expiresAt,
    remember: true,
    label: null,
    data: {
      personId: String(index),
      theme: '"dark"',
      language: '"en-GB"',
      visits: '17',
      returnTo: `"/orders/${index}"`,
      cart: JSON.stringify([{ sku: `sku-${index % 5000}`, title: 'Oolong tea', quantity: 2 }]),
    },
  }
}

export const idOf = (index) => hash('md5', `session ${index}`, 'base64url')
export const userOf = (index) => `user-${Math.floor(index / 3)}`

/** Yields the sessions from one number to another. @param {number} [expiresAt] */
export function* sessionsBetween(from, to, expiresAt) {
  for (let index = from; index < to; index++) yield sessionOf(index, expiresAt)
}
