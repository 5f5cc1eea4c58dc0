import { sizes } from '../contents.mjs'
import { fill, randomText } from './fill.mjs'
import { expressSessionOf, fastifySessionOf, recordOf } from './templates.mjs'

const signedIn = { name: 'Sojourn, signed in', kind: 'sojourn', adderOf: (size, stores) => sojourn(stores, size, true) }
const guest = { name: 'Sojourn, a guest', kind: 'sojourn', adderOf: (size, stores) => sojourn(stores, size, false) }
const express = { kind: 'peer', adderOf: (size, stores) => peer(stores, expressSessionOf(size)) }
const fastify = { kind: 'peer', adderOf: (size, stores) => peer(stores, fastifySessionOf(size)) }

/** Who keeps sessions in an engine. `adderOf` gives what puts one more there. */
export const keepers = {
  redis: [
    signedIn,
    guest,
    { name: 'express-session + connect-redis', ...express },
    { name: '@fastify/session + connect-redis', ...fastify },
  ],
  postgres: [signedIn, { name: 'express-session + connect-pg-simple', ...express }],
}

export const bytesName = (name, size) => `${name} · ${size}`

/**
 * How many bytes a session takes, by `bytesName`.
 *
 * @param {typeof keepers['redis']} of
 * @param {object} options
 * @param {number} options.count how many there are then
 * @param {any} options.stores
 * @param {() => Promise<unknown>} options.empty removes all that is there
 * @param {() => Promise<number>} options.bytes that are in use
 * @param {(text: string) => void} options.note
 * @returns {Promise<Map<string, number>>}
 */
export async function bytesOfEach(of, { count, stores, empty, bytes, note }) {
  const each = new Map()
  for (const { name, adderOf } of of) {
    for (const size of sizes) {
      note(`${count.toLocaleString('en')} sessions: ${name}, ${size}`)
      const add = await adderOf(size, stores)
      await empty()
      const before = await bytes()
      await fill(count, add)
      each.set(bytesName(name, size), ((await bytes()) - before) / count)
    }
  }
  await empty()
  return each
}

async function sojourn({ sojourn: store }, size, isSignedIn) {
  const record = await recordOf(size, isSignedIn)
  const userOf = (index) => (isSignedIn ? String(100_000 + index) : null)
  return (index) => store.create({ ...record, id: randomText(16), secretHash: randomText(32), userId: userOf(index) })
}

async function peer({ express: store }, template) {
  const session = await template
  return () => store.set(randomText(24), session)
}
