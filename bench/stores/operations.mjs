import { nextExpiry, sessionOf, sessionsBetween, userOf } from './sample-sessions.mjs'

/** The operations, and their headings. */
export const operations = {
  read: 'read',
  update: 'change',
  touch: 'touch',
  create: 'sign-in',
  end: 'end',
  list: 'list',
}

let nextNew = 1e9

/**
 * Returns the microseconds of one operation: the mean of so many calls, each awaited before the next.
 *
 * @param {import('./adapters.mjs').MeasuredStore} store
 * @param {keyof typeof operations} operation
 * @param {number} size sessions that the store has; it has as many afterwards
 * @param {number} count
 */
export async function timeOperation(store, operation, size, count) {
  const pick = (create) => Array.from({ length: count }, () => create(Math.floor(Math.random() * size)))
  const isOnNewSession = operation === 'create' || operation === 'end'
  const sessions = isOnNewSession ? createSessions(count) : pick(sessionOf)
  const run = {
    read: ({ id }) => store.read(id),
    update: (session) => store.update(session, { visits: String(count) }),
    touch: (session) => store.touch(session),
    create: (session) => store.create(session),
    end: (session) => store.end(session),
    list: ({ userId }) => store.list(userId),
  }[operation]
  if (operation === 'end') for (const session of sessions) await store.create(session)

  const startedAt = performance.now()
  for (const session of sessions) await run(session)
  const microseconds = ((performance.now() - startedAt) * 1000) / count
  if (isOnNewSession) await store.remove(sessions)
  return microseconds
}

const createSessions = (count) => [...sessionsBetween(nextNew, (nextNew += count), nextExpiry())]

/** Fails if a store does not do the work, because it would win. */
export async function checkStore(store, size) {
  const existing = sessionOf(size - 1)
  await store.update(existing, { visits: '18' })
  expectData(await store.read(existing.id), { ...existing.data, visits: '18' })
  const [added] = createSessions(1)
  await store.create(added)
  await store.touch(added)
  expectData(await store.read(added.id), added.data)
  await store.end(added)
  if ((await store.read(added.id)) !== undefined) throw new Error('An ended session is still there')
  if (store.list && (await store.list(userOf(0))).length !== 3) throw new Error('list did not return three sessions')
  await store.remove([added])
}

function expectData(found, expected) {
  for (const [key, value] of Object.entries(expected)) {
    if (found?.[key] !== value) throw new Error(`${key} is ${found?.[key]} instead of ${value}`)
  }
}

/** Adds many sessions at a time. @param {import('./adapters.mjs').MeasuredStore} store @param {Iterable<any>} sessions */
export async function fillStore(store, sessions) {
  const iterator = sessions[Symbol.iterator]()
  const worker = async () => {
    for (const session of iterator) await store.create(session)
  }
  await Promise.all(Array.from({ length: 200 }, worker))
}
