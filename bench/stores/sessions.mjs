import { hash } from 'node:crypto'

const day = 86_400_000
const started = Date.now()

/** From when on the sessions that are there for good expire, and until when. */
export const expiry = { first: started + day, last: started + 8 * day }

let touches = 0

/** An expiry later than all before it: what a session gets that is used now. */
export const latest = () => expiry.last + touches++

/**
 * The session of a number, of some 200 bytes of data: three of each user. Its id is as random as a real one, but can be
 * told from the number: a list of a million ids would be in the memory that is measured.
 */
export function sessionOf(index, expiresAt = spread(index, expiry.first, expiry.last)) {
  return {
    id: idOf(index),
    secretHash: hash('sha256', `secret ${index}`, 'base64url'),
    version: 1,
    userId: userOf(index),
    createdAt: started - day,
    signedInAt: started - day,
    lastSeenAt: started,
    expiresAt,
    remember: true,
    label: null,
    data: dataOf(index),
  }
}

export const idOf = (index) => hash('md5', `session ${index}`, 'base64url')
export const userOf = (index) => `user-${Math.floor(index / 3)}`

/** What a request changes: one key of several. */
export const changeOf = (index) => ({ visits: String(index % 1000) })

/** A session that expired in the week before now. */
export const expiredOf = (index) => sessionOf(index, spread(index, started - 7 * day, started - 1000))

export const now = started

const dataOf = (index) => ({
  personId: String(index),
  theme: '"dark"',
  language: '"en-GB"',
  visits: '17',
  returnTo: `"/orders/${index}"`,
  cart: JSON.stringify([{ sku: `sku-${index % 5000}`, title: 'Oolong tea', quantity: 2 }]),
})

const spread = (index, first, last) => first + ((index * 7919) % 100_003) * Math.floor((last - first) / 100_003)

/** @param {number} from @param {number} to @param {(index: number) => object} [make] */
export function* sessions(from, to, make = (index) => sessionOf(index)) {
  for (let index = from; index < to; index++) yield make(index)
}
