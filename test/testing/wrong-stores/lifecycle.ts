import type { SessionRecord } from '../../../src/stores/store.ts'
import { newRecord } from '../../../src/testing/store-suite/kit.ts'
import { changed, turn, type WrongStore } from './plain.ts'

const blank = (id: string, secretHash: string): SessionRecord => newRecord({ id, secretHash })

/** Stores that make, revive or lose sessions. */
export const wrongLifecycle: readonly WrongStore[] = [
  [
    'update makes a record where there is none',
    ({ kept, update, heldOne }) => ({
      async update(id, held, change) {
        if (!kept.has(id)) kept.set(id, changed(blank(id, held.secretHash), change))
        return heldOne(id, held) ? update(id, held, change) : null
      },
    }),
    ['makes no record by a change: what is missing stays missing'],
  ],
  [
    'update makes a record in the place of an ending',
    ({ kept, live, update }) => ({
      async update(id, held, change) {
        if (kept.has(id) && !live(id)) kept.set(id, blank(id, held.secretHash))
        return update(id, held, change)
      },
    }),
    [
      'revives nothing by a change: what ended stays ended',
      'may forget at once an ending that expires at once, and does not keep the record',
      'lets no change revive a session that is ended in that instant',
    ],
  ],
  [
    'update writes what it has read a moment before',
    ({ kept, heldOne }) => ({
      async update(id, held, change) {
        const record = heldOne(id, held)
        await turn()
        if (record === undefined) return null
        const now = changed(record, change)
        kept.set(id, now)
        return now.version
      },
    }),
    [
      'lets no change revive a session that is ended in that instant',
      'keeps both of two changes of different keys',
      '…',
    ],
  ],
  [
    'update finds nothing but says it wrote',
    ({ update }) => ({ update: async (...values) => (await update(...values)) ?? 1 }),
    [
      'makes no record by a change: what is missing stays missing',
      'revives nothing by a change: what ended stays ended',
      '…',
    ],
  ],
  [
    'create writes over a record',
    ({ kept, create, live }) => ({
      async create(record) {
        if (live(record.id)) kept.delete(record.id)
        return create(record)
      },
    }),
    [
      'refuses an id that a record has, and leaves that record as it is',
      'lets one of many create an id, and keeps what that one gave',
      'lets no create revive a session that is ended in that instant',
    ],
  ],
  [
    'create writes over an ending',
    ({ kept, create, live }) => ({
      async create(record) {
        if (!live(record.id)) kept.delete(record.id)
        return create(record)
      },
    }),
    [
      'refuses an id that an ending has: it is never live again',
      'lets no create revive a session that is ended in that instant',
    ],
  ],
  [
    'create refuses, and writes all the same',
    ({ kept, create }) => ({
      async create(record) {
        const answer = await create(record)
        kept.set(record.id, structuredClone(record))
        return answer
      },
    }),
    [
      'refuses an id that a record has, and leaves that record as it is',
      'refuses an id that an ending has: it is never live again',
      'lets one of many create an id, and keeps what that one gave',
      'lets no create revive a session that is ended in that instant',
    ],
  ],
  [
    'create looks, and writes a moment later',
    ({ kept }) => ({
      async create(record) {
        if (kept.has(record.id)) return false
        await turn()
        kept.set(record.id, structuredClone(record))
        return true
      },
    }),
    ['lets one of many create an id, and keeps what that one gave'],
  ],
  [
    'create answers before it has written',
    ({ create }) => ({
      async create(record) {
        void turn().then(() => create(record))
        return true
      },
    }),
    [
      'gives back a record as it was created, to every process at once',
      'lists every session whose create has resolved, of many at once',
      '…',
    ],
  ],
  [
    'create begins every version at zero',
    ({ create }) => ({ create: (record) => create({ ...record, version: 0 }) }),
    [
      'keeps a version that began above zero',
      'raises the version by one with every change of the data',
      'leaves the version where only fields change',
      'changes nothing for who holds another version, if they hold one',
    ],
  ],
  [
    'create stops waiting at once',
    ({ create }) => ({
      create: (record, until) => (until === undefined ? create(record) : Promise.reject(new Error('too late'))),
    }),
    ['does the same for a caller who says when it stops waiting'],
  ],
  [
    'end removes the record and keeps no ending',
    ({ kept, end }) => ({
      async end(id, ending) {
        const ended = await end(id, ending)
        if (ended) kept.delete(id)
        return ended
      },
    }),
    [
      'refuses an id that an ending has: it is never live again',
      'gives back an ending as it was put, to every process at once, and nothing of the record',
      '…',
    ],
  ],
  [
    'end puts an ending where there is nothing',
    ({ kept, end }) => ({
      async end(id, ending) {
        if (!kept.has(id)) {
          kept.set(id, ending)
          return false
        }
        return end(id, ending)
      },
    }),
    ['takes an id by which an end has found nothing', 'ends nothing where there is nothing'],
  ],
  [
    'end says that it ended what is not there',
    ({ kept, end }) => ({
      end: async (id, ending) => (await end(id, ending)) || !kept.has(id),
    }),
    ['takes an id by which an end has found nothing', 'ends nothing where there is nothing'],
  ],
  [
    'end says so each time',
    ({ kept, end }) => ({ end: async (id, ending) => (await end(id, ending)) || kept.has(id) }),
    [
      'ends a record once: the first ending stays',
      'may forget at once an ending that expires at once, and does not keep the record',
      'lets one of many end a record, and keeps the ending of that one',
    ],
  ],
  [
    'end replaces the first ending',
    ({ kept, end }) => ({
      async end(id, ending) {
        const ended = await end(id, ending)
        if (kept.has(id)) kept.set(id, { ...ending })
        return ended
      },
    }),
    ['ends a record once: the first ending stays', 'lets one of many end a record, and keeps the ending of that one'],
  ],
  [
    'end looks, and writes a moment later',
    ({ kept, live }) => ({
      async end(id, ending) {
        if (!live(id)) return false
        await turn()
        kept.set(id, { ...ending })
        return true
      },
    }),
    [
      'where it can watch: calls back for the record that is ended or renewed, by any process, and not for others',
      'lets one of many end a record, and keeps the ending of that one',
    ],
  ],
  [
    'end answers before it has written',
    ({ live, end }) => ({
      async end(id, ending) {
        if (!live(id)) return false
        void turn().then(() => end(id, ending))
        return true
      },
    }),
    [
      'gives back an ending as it was put, to every process at once, and nothing of the record',
      'lists none whose end has resolved',
      'lets no change revive a session that is ended in that instant',
      '…',
    ],
  ],
  [
    'an ending keeps the data',
    ({ kept, live, end }) => ({
      async end(id, ending) {
        const record = live(id)
        const ended = await end(id, ending)
        if (record) kept.set(id, { ...record, ...ending })
        return ended
      },
    }),
    ['gives back an ending as it was put, to every process at once, and nothing of the record', '…'],
  ],
  [
    'an ending forgets why',
    ({ end }) => ({ end: (id, ending) => end(id, { ...ending, ended: 'revoked' }) }),
    ['gives back an ending as it was put, to every process at once, and nothing of the record', '…'],
  ],
  [
    'an ending that expires at once leaves the record',
    ({ live, end }) => ({
      end: async (id, ending) => (ending.expiresAt < Date.now() ? live(id) !== undefined : end(id, ending)),
    }),
    ['may forget at once an ending that expires at once, and does not keep the record'],
  ],
  [
    'what has expired is dropped, and comes back by a change',
    ({ live, read }) => ({
      read: async (id) => ((live(id)?.expiresAt ?? Infinity) < Date.now() ? null : read(id)),
    }),
    ['gives back a record that has expired, or drops it for good'],
  ],
  [
    'a read is kept for a while',
    ({ read }) => {
      const known = new Map<string, Awaited<ReturnType<typeof read>>>()
      return {
        async read(id) {
          const found = known.get(id) ?? (await read(id))
          known.set(id, found)
          return found
        },
      }
    },
    [
      'gives back an ending as it was put, to every process at once, and nothing of the record',
      'writes the changed keys and leaves all others as they are',
      '…',
    ],
  ],
  [
    'a missing record is an error',
    ({ read }) => ({
      async read(id) {
        const found = await read(id)
        if (found === null) throw new Error(`no ${id}`)
        return found
      },
    }),
    ['finds nothing where there is nothing', '…'],
  ],
]
