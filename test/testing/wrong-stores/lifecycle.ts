import type { SessionKey, SessionRecord } from '../../../src/stores/store.ts'
import { newRecord } from '../../../src/testing/store-suite/kit.ts'
import { changed, nameOf, turn, type WrongStore } from './plain.ts'

const blank = ({ id, userId }: SessionKey, secretHash: string): SessionRecord => newRecord({ id, userId, secretHash })

/** Stores that make, revive or lose sessions. */
export const wrongLifecycle: readonly WrongStore[] = [
  [
    'update makes a record where there is none',
    ({ kept, update, heldOne }) => ({
      async update(key, held, change) {
        if (!kept.has(nameOf(key))) kept.set(nameOf(key), changed(blank(key, held.secretHash), change))
        return heldOne(key, held) ? update(key, held, change) : null
      },
    }),
    ['update never creates a record: an unknown id stays unknown', '…'],
  ],
  [
    'update makes a record in the place of an ending',
    ({ kept, live, update }) => ({
      async update(key, held, change) {
        if (kept.has(nameOf(key)) && !live(key)) kept.set(nameOf(key), blank(key, held.secretHash))
        return update(key, held, change)
      },
    }),
    [
      'update never revives a session that has ended',
      'an ending that has expired may be dropped at once, but the record must not remain',
      'an update concurrent with an end never revives the session',
      '…',
    ],
  ],
  [
    'update writes what it has read a moment before',
    ({ kept, heldOne }) => ({
      async update(key, held, change) {
        const record = heldOne(key, held)
        await turn()
        if (record === undefined) return null
        const now = changed(record, change)
        kept.set(nameOf(key), now)
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
      async create(record, options) {
        if (live(record)) kept.delete(nameOf(record))
        return create(record, options)
      },
    }),
    [
      'create resolves to `taken` if a record has the id, and does not change that record',
      'of many concurrent creates of one id, exactly one resolves to `created`, and its record is kept',
      'a create concurrent with an end never revives the session',
      '…',
    ],
  ],
  [
    'create writes over an ending',
    ({ kept, create, live }) => ({
      async create(record, options) {
        if (!live(record)) kept.delete(nameOf(record))
        return create(record, options)
      },
    }),
    [
      'create resolves to `taken` if the id has an ending: an ended id is never live again',
      'a create concurrent with an end never revives the session',
      '…',
    ],
  ],
  [
    'create refuses, and writes all the same',
    ({ kept, create }) => ({
      async create(record, options) {
        const answer = await create(record, options)
        kept.set(nameOf(record), structuredClone(record))
        return answer
      },
    }),
    [
      'create resolves to `taken` if a record has the id, and does not change that record',
      'create resolves to `taken` if the id has an ending: an ended id is never live again',
      'of many concurrent creates of one id, exactly one resolves to `created`, and its record is kept',
      'a create concurrent with an end never revives the session',
      '…',
    ],
  ],
  [
    'create looks, and writes a moment later',
    ({ kept, create }) => ({
      async create(record, options) {
        if (kept.has(nameOf(record))) return { result: 'taken', ended: [] }
        await turn()
        kept.delete(nameOf(record))
        return create(record, options)
      },
    }),
    ['of many concurrent creates of one id, exactly one resolves to `created`, and its record is kept'],
  ],
  [
    'create answers before it has written',
    ({ create }) => ({
      async create(record, options) {
        void turn().then(() => create(record, options))
        return { result: 'created', ended: [] }
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
    ({ create }) => ({ create: (record, options) => create({ ...record, version: 0 }, options) }),
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
      create: (record, options, until) =>
        until === undefined ? create(record, options) : Promise.reject(new Error('too late')),
    }),
    ['create, update, end and endAll do the same if `until` is passed', '…'],
  ],
  [
    'end removes the record and keeps no ending',
    ({ kept, end }) => ({
      async end(key, ending) {
        const ended = await end(key, ending)
        if (ended) kept.delete(nameOf(key))
        return ended
      },
    }),
    [
      'create resolves to `taken` if the id has an ending: an ended id is never live again',
      'read returns the ending of an ended session, at once and in every process, without the record',
      '…',
    ],
  ],
  [
    'end puts an ending where there is nothing',
    ({ kept, end }) => ({
      async end(key, ending) {
        if (!kept.has(nameOf(key))) {
          kept.set(nameOf(key), ending)
          return false
        }
        return end(key, ending)
      },
    }),
    [
      'end of an unknown id does not prevent a later create of that id',
      'end of an unknown id resolves to false and writes nothing',
      '…',
    ],
  ],
  [
    'end says that it ended what is not there',
    ({ kept, end }) => ({
      end: async (key, ending) => (await end(key, ending)) || !kept.has(nameOf(key)),
    }),
    [
      'end of an unknown id does not prevent a later create of that id',
      'end of an unknown id resolves to false and writes nothing',
      '…',
    ],
  ],
  [
    'end says so each time',
    ({ kept, end }) => ({ end: async (key, ending) => (await end(key, ending)) || kept.has(nameOf(key)) }),
    [
      'only the first end counts: its ending remains, and later calls resolve to false',
      'an ending that has expired may be dropped at once, but the record must not remain',
      'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
      '…',
    ],
  ],
  [
    'end replaces the first ending',
    ({ kept, end }) => ({
      async end(key, ending) {
        const ended = await end(key, ending)
        if (kept.has(nameOf(key))) kept.set(nameOf(key), { ...ending })
        return ended
      },
    }),
    [
      'only the first end counts: its ending remains, and later calls resolve to false',
      'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
      '…',
    ],
  ],
  [
    'end looks, and writes a moment later',
    ({ kept, live }) => ({
      async end(key, ending) {
        if (!live(key)) return false
        await turn()
        kept.set(nameOf(key), { ...ending })
        return true
      },
    }),
    [
      'watch, if implemented, calls back when any process ends or renews a session, and not for other changes',
      'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
      '…',
    ],
  ],
  [
    'end answers before it has written',
    ({ live, end }) => ({
      async end(key, ending) {
        if (!live(key)) return false
        void turn().then(() => end(key, ending))
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
      async end(key, ending) {
        const record = live(key)
        const ended = await end(key, ending)
        if (record) kept.set(nameOf(key), { ...record, ...ending })
        return ended
      },
    }),
    ['read returns the ending of an ended session, at once and in every process, without the record', '…'],
  ],
  [
    'an ending forgets why',
    ({ end }) => ({ end: (key, ending) => end(key, { ...ending, ended: 'revoked' }) }),
    ['read returns the ending of an ended session, at once and in every process, without the record', '…'],
  ],
  [
    'an ending that expires at once leaves the record',
    ({ live, end }) => ({
      end: async (key, ending) => (ending.expiresAt < Date.now() ? live(key) !== undefined : end(key, ending)),
    }),
    ['an ending that has expired may be dropped at once, but the record must not remain'],
  ],
  [
    'what has expired is dropped, and comes back by a change',
    ({ live, read }) => ({
      read: async (key) => ((live(key)?.expiresAt ?? Infinity) < Date.now() ? null : read(key)),
    }),
    ['an expired record is returned unchanged, or is gone for good'],
  ],
  [
    'a read is kept for a while',
    ({ read }) => {
      const known = new Map<string, Awaited<ReturnType<typeof read>>>()
      return {
        async read(key) {
          const found = known.get(nameOf(key)) ?? (await read(key))
          known.set(nameOf(key), found)
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
      async read(key) {
        const found = await read(key)
        if (found === null) throw new Error(`no ${key.id}`)
        return found
      },
    }),
    ['read of an unknown id resolves to null', '…'],
  ],
]
