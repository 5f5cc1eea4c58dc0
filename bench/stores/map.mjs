import { latest } from './sessions.mjs'

/** What somebody writes who wants no store: it is gone with its process. @returns {import('./index.mjs').Store} */
export function openMap() {
  const map = new Map()
  const set = ({ id, userId, expiresAt, data }) => map.set(id, { userId, expiresAt, data })

  return {
    load(sessions) {
      // From JSON, as data comes: texts that are put together in the program take more memory.
      for (const session of sessions) set(JSON.parse(JSON.stringify(session)))
    },
    read: (id) => map.get(id),
    dataOf: (found) => found?.data,
    create: set,
    update({ id }, change) {
      const found = map.get(id)
      map.set(id, { ...found, expiresAt: latest(), data: { ...found.data, ...change } })
    },
    touch({ id }) {
      map.get(id).expiresAt = latest()
    },
    end: ({ id }) => map.delete(id),
    sweep(before) {
      for (const [id, { expiresAt }] of map) if (expiresAt < before) map.delete(id)
    },
    drop(sessions) {
      for (const { id } of sessions) map.delete(id)
    },
    close() {},
  }
}
