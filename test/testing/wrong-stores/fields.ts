import type { RecordChange, SessionRecord } from '../../../src/stores/store.ts'
import { changed, nameOf, type Inside, type WrongStore } from './plain.ts'

/** A store that keeps each new record as another one. */
const recording =
  (spoil: (record: SessionRecord) => SessionRecord) =>
  ({ create }: Inside): Partial<Inside> => ({ create: (record, options) => create(spoil(record), options) })

/** A store to which each change comes as another one. */
const changing =
  (spoil: (change: RecordChange) => RecordChange) =>
  ({ update }: Inside): Partial<Inside> => ({ update: (key, held, change) => update(key, held, spoil(change)) })

const exactly = 'read returns a record exactly as created, at once and in every process'
const emptyValues = 'null, false, zero and empty values come back unchanged'
const everyField = 'update changes every field that the change names'
const otherFields = 'update leaves every field unchanged that the change does not name'
const heldRecord =
  'update does the same if it gets the record that the caller has read (`held.record`), also if that is outdated'

/** Stores that lose timeouts or methods of a session, or rely on the record that a caller has read. */
export const wrongFields: readonly WrongStore[] = [
  ['methods are not kept', recording((record) => ({ ...record, methods: [] })), [exactly, '…']],
  [
    'one method alone is kept',
    recording((record) => ({ ...record, methods: record.methods.slice(0, 1) })),
    [exactly, '…'],
  ],
  [
    'methods are kept without their times',
    recording((record) => ({ ...record, methods: record.methods.map(([name]) => [name, 0]) })),
    [exactly, '…'],
  ],
  ['the idle timeout is not kept', recording((record) => ({ ...record, idleTimeout: null })), [exactly, '…']],
  ['the absolute timeout is not kept', recording((record) => ({ ...record, absoluteTimeout: null })), [exactly, '…']],
  [
    'no timeout is zero',
    recording((record) => ({ ...record, idleTimeout: record.idleTimeout ?? 0 })),
    [emptyValues, '…'],
  ],
  ['methods are not changed', changing((change) => ({ ...change, methods: undefined })), [everyField, '…']],
  [
    'methods cannot be taken away',
    changing((change) => ({ ...change, methods: change.methods?.length ? change.methods : undefined })),
    [everyField, '…'],
  ],
  ['the idle timeout is not changed', changing((change) => ({ ...change, idleTimeout: undefined })), [everyField, '…']],
  [
    'the absolute timeout cannot be taken away',
    changing((change) => ({ ...change, absoluteTimeout: change.absoluteTimeout ?? undefined })),
    [everyField, '…'],
  ],
  [
    'a change that names no methods takes them away',
    changing((change) => ({ ...change, methods: change.methods ?? [] })),
    [otherFields, '…'],
  ],
  [
    'a change that names no timeouts takes them away',
    changing((change) => ({
      ...change,
      idleTimeout: change.idleTimeout ?? null,
      absoluteTimeout: change.absoluteTimeout ?? null,
    })),
    [otherFields, '…'],
  ],
  [
    'methods are kept as the object they are',
    ({ kept, create }) => ({
      async create(record, options) {
        const answer = await create(record, options)
        const { methods } = record
        if (answer.result === 'created') kept.set(nameOf(record), { ...structuredClone(record), methods })
        return answer
      },
    }),
    ['the store copies what it gets: changing the object later has no effect', '…'],
  ],
  [
    'a list leaves out methods',
    ({ list }) => ({ list: async (userId) => (await list(userId)).map((info) => ({ ...info, methods: [] })) }),
    ["list shows a user's sessions as they are now, without data, version and secret hash"],
  ],
  [
    'update writes the record that the caller has read',
    ({ kept, heldOne }) => ({
      async update(key, held, change) {
        const record = heldOne(key, held)
        if (record === undefined) return null
        const now = changed(held.record ?? record, change)
        kept.set(nameOf(key), now)
        return now.version
      },
    }),
    [
      heldRecord,
      'updates of different keys concurrent with endAll never revive a session, and lose no key of the spared one',
      '…',
    ],
  ],
  [
    'update refuses if the record has changed since the caller read it',
    ({ live, update }) => ({
      async update(key, held, change) {
        if (held.record !== undefined && live(key)?.version !== held.record.version) return null
        return update(key, held, change)
      },
    }),
    [heldRecord, '…'],
  ],
  [
    'update asks the record that the caller has read for the secret',
    ({ live, update }) => ({
      async update(key, held, change) {
        const isHeld = held.record?.secretHash === held.secretHash
        return update(key, isHeld ? { ...held, secretHash: live(key)?.secretHash ?? '' } : held, change)
      },
    }),
    [heldRecord, '…'],
  ],
  [
    'update revives the record that the caller has read',
    ({ kept, live, update }) => ({
      async update(key, held, change) {
        if (held.record !== undefined && live(key) === undefined) kept.set(nameOf(key), held.record)
        return update(key, held, change)
      },
    }),
    [
      heldRecord,
      'updates of different keys concurrent with endAll never revive a session, and lose no key of the spared one',
      '…',
    ],
  ],
]
