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
    ['update never creates a record: an unknown id stays unknown'],
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
      'update never revives a session that has ended',
      'an ending that has expired may be dropped at once, but the record must not remain',
      'an update concurrent with an end never revives the session',
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
      'an update concurrent with an end never revives the session',
      'two concurrent updates of different keys are both kept',
      '…',
    ],
  ],
  [
    'update finds nothing but says it wrote',
    ({ update }) => ({ update: async (...values) => (await update(...values)) ?? 1 }),
    [
      'update never creates a record: an unknown id stays unknown',
      'update never revives a session that has ended',
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
      'create resolves to false if a record has the id, and does not change that record',
      'of many concurrent creates of one id, exactly one resolves to true, and its record is kept',
      'a create concurrent with an end never revives the session',
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
      'create resolves to false if the id has an ending: an ended id is never live again',
      'a create concurrent with an end never revives the session',
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
      'create resolves to false if a record has the id, and does not change that record',
      'create resolves to false if the id has an ending: an ended id is never live again',
      'of many concurrent creates of one id, exactly one resolves to true, and its record is kept',
      'a create concurrent with an end never revives the session',
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
    ['of many concurrent creates of one id, exactly one resolves to true, and its record is kept'],
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
      'read returns a record exactly as created, at once and in every process',
      'list shows every session whose create has resolved, also if many are created at once',
      '…',
    ],
  ],
  [
    'create begins every version at zero',
    ({ create }) => ({ create: (record) => create({ ...record, version: 0 }) }),
    [
      'create keeps a version above zero',
      'update raises the version by one for each change of the data',
      'update keeps the version if no data changes',
      'update writes nothing and resolves to null if it expects another version',
    ],
  ],
  [
    'create stops waiting at once',
    ({ create }) => ({
      create: (record, until) => (until === undefined ? create(record) : Promise.reject(new Error('too late'))),
    }),
    ['create, update and end do the same if `until` is passed'],
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
      'create resolves to false if the id has an ending: an ended id is never live again',
      'read returns the ending of an ended session, at once and in every process, without the record',
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
    [
      'end of an unknown id does not prevent a later create of that id',
      'end of an unknown id resolves to false and writes nothing',
    ],
  ],
  [
    'end says that it ended what is not there',
    ({ kept, end }) => ({
      end: async (id, ending) => (await end(id, ending)) || !kept.has(id),
    }),
    [
      'end of an unknown id does not prevent a later create of that id',
      'end of an unknown id resolves to false and writes nothing',
    ],
  ],
  [
    'end says so each time',
    ({ kept, end }) => ({ end: async (id, ending) => (await end(id, ending)) || kept.has(id) }),
    [
      'only the first end counts: its ending remains, and later calls resolve to false',
      'an ending that has expired may be dropped at once, but the record must not remain',
      'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
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
    [
      'only the first end counts: its ending remains, and later calls resolve to false',
      'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
    ],
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
      'watch, if implemented, calls back when any process ends or renews a session, and not for other changes',
      'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
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
      'read returns the ending of an ended session, at once and in every process, without the record',
      'list shows no session whose end has resolved',
      'an update concurrent with an end never revives the session',
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
    ['read returns the ending of an ended session, at once and in every process, without the record', '…'],
  ],
  [
    'an ending forgets why',
    ({ end }) => ({ end: (id, ending) => end(id, { ...ending, ended: 'revoked' }) }),
    ['read returns the ending of an ended session, at once and in every process, without the record', '…'],
  ],
  [
    'an ending that expires at once leaves the record',
    ({ live, end }) => ({
      end: async (id, ending) => (ending.expiresAt < Date.now() ? live(id) !== undefined : end(id, ending)),
    }),
    ['an ending that has expired may be dropped at once, but the record must not remain'],
  ],
  [
    'what has expired is dropped, and comes back by a change',
    ({ live, read }) => ({
      read: async (id) => ((live(id)?.expiresAt ?? Infinity) < Date.now() ? null : read(id)),
    }),
    ['an expired record is returned unchanged, or is gone for good'],
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
      'read returns the ending of an ended session, at once and in every process, without the record',
      'update writes the changed keys and leaves all others unchanged',
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
    ['read of an unknown id resolves to null', '…'],
  ],
]
