import { isDeepStrictEqual } from 'node:util'
import type { CreateOptions, RecordChange, SessionRecord } from '../../../src/stores/store.ts'
import { changed, nameOf, turn, type Inside, type WrongStore } from './plain.ts'

/** A store to which each change comes as another one. */
const asIf =
  (alter: (change: RecordChange) => RecordChange) =>
  ({ update }: Inside) => ({
    update: (...[key, held, change]: Parameters<Inside['update']>) => update(key, held, alter(change)),
  })

/** A store that keeps each text of the data as another one. */
const spelling =
  (spell: (text: string) => string, spellKey = (key: string) => key) =>
  ({ create, update }: Inside) => {
    const all = (texts: Record<string, string>) =>
      Object.fromEntries(Object.entries(texts).map(([key, text]) => [spellKey(key), spell(text)]))
    return {
      create: (record: SessionRecord, options?: CreateOptions) =>
        create({ ...record, data: all(record.data) }, options),
      update: (...[key, held, change]: Parameters<Inside['update']>) =>
        update(key, held, { ...change, set: all(change.set), unset: change.unset.map(spellKey) }),
    }
  }

const same = (text: string) => text

function reparsed(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** Stores that change a record in a wrong way. */
export const wrongData: readonly WrongStore[] = [
  [
    'update writes the data whole',
    ({ kept, live, update }) => ({
      async update(key, held, change) {
        const version = await update(key, held, change)
        if (version !== null) kept.set(nameOf(key), { ...live(key)!, data: change.set })
        return version
      },
    }),
    [
      'update writes the changed keys and leaves all others unchanged',
      'two concurrent updates of different keys are both kept',
      '…',
    ],
  ],
  [
    'update removes no key',
    asIf((change) => ({ ...change, unset: [] })),
    ['update writes the changed keys and leaves all others unchanged', '…'],
  ],
  [
    'removing a key that is not there is an error',
    ({ update, live }) => ({
      async update(key, held, change) {
        for (const name of change.unset) if (!Object.hasOwn(live(key)?.data ?? {}, name)) throw new Error(`no ${name}`)
        return update(key, held, change)
      },
    }),
    ['update ignores a key to remove that does not exist'],
  ],
  [
    'the version stays',
    ({ kept, live, heldOne }) => ({
      async update(key, held, change) {
        if (!heldOne(key, held)) return null
        const { version } = live(key)!
        kept.set(nameOf(key), { ...changed(live(key)!, change), version })
        return version
      },
    }),
    [
      'update raises the version by one for each change of the data',
      'concurrent updates that expect the version they have read lose no change',
      '…',
    ],
  ],
  [
    'the version rises with every call',
    ({ kept, live, heldOne }) => ({
      async update(key, held, change) {
        if (!heldOne(key, held)) return null
        const version = live(key)!.version + 1
        kept.set(nameOf(key), { ...changed(live(key)!, change), version })
        return version
      },
    }),
    ['update keeps the version if no data changes', '…'],
  ],
  [
    'the version rises by the number of keys',
    ({ kept, live, heldOne }) => ({
      async update(key, held, change) {
        if (!heldOne(key, held)) return null
        const version = live(key)!.version + Object.keys(change.set).length + change.unset.length
        kept.set(nameOf(key), { ...changed(live(key)!, change), version })
        return version
      },
    }),
    ['update raises the version by one for each change of the data', '…'],
  ],
  [
    'the version that a change names is not taken on',
    asIf((change) => ({ ...change, version: undefined })),
    ['update sets the version that the change names, whether or not the data changes'],
  ],
  [
    'update answers with the version before',
    ({ update }) => ({
      async update(...values) {
        const version = await update(...values)
        return version === null ? null : version - 1
      },
    }),
    ['update raises the version by one for each change of the data', '…'],
  ],
  [
    'update does not ask for the version',
    ({ update }) => ({
      update: (key, { secretHash }, change) => update(key, { secretHash }, change),
    }),
    [
      'update writes nothing and resolves to null if it expects another version',
      'concurrent updates that expect the version they have read lose no change',
      '…',
    ],
  ],
  [
    'update takes version 0 for a missing version',
    ({ update }) => ({
      update: (key, { secretHash, version }, change) =>
        update(key, { secretHash, version: version || undefined }, change),
    }),
    [
      'update writes nothing and resolves to null if it expects another version',
      'concurrent updates that expect the version they have read lose no change',
      '…',
    ],
  ],
  [
    'update does not ask for the secret',
    ({ update, live }) => ({
      update: (key, held, change) => update(key, { ...held, secretHash: live(key)?.secretHash ?? '' }, change),
    }),
    [
      'update writes nothing and resolves to null if the secret hash is wrong',
      'update writes nothing and resolves to null if a renewal has replaced the secret',
      'of two concurrent renewals, exactly one replaces the secret',
      '…',
    ],
  ],
  [
    'update asks for the version, and writes a moment later',
    ({ update, heldOne }) => ({
      async update(key, held, change) {
        if (!heldOne(key, held)) return null
        await turn()
        return update(key, { secretHash: held.secretHash }, change)
      },
    }),
    ['concurrent updates that expect the version they have read lose no change'],
  ],
  [
    'update asks for the secret, and writes a moment later',
    ({ update, heldOne, live }) => ({
      async update(key, held, change) {
        if (!heldOne(key, held)) return null
        await turn()
        return update(key, { ...held, secretHash: live(key)?.secretHash ?? '' }, change)
      },
    }),
    ['of two concurrent renewals, exactly one replaces the secret'],
  ],
  [
    'update refuses, and writes when it was',
    ({ kept, live, update }) => ({
      async update(key, held, change) {
        const version = await update(key, held, change)
        if (version === null && live(key)) kept.set(nameOf(key), { ...live(key)!, lastSeenAt: change.lastSeenAt })
        return version
      },
    }),
    [
      'update writes nothing and resolves to null if the secret hash is wrong',
      'update writes nothing and resolves to null if it expects another version',
    ],
  ],
  [
    'update writes in two steps',
    ({ update }) => ({
      async update(key, held, change) {
        const version = await update(key, held, { ...change, label: undefined, secretHash: undefined })
        await turn()
        if (version === null) return null
        await update(key, { secretHash: held.secretHash }, { ...change, set: {}, unset: [] })
        return version
      },
    }),
    ['of two concurrent renewals, exactly one replaces the secret', 'a read sees all of an update or nothing of it'],
  ],
  [
    'update does not prolong',
    ({ live, update }) => ({
      update: (key, held, change) => update(key, held, { ...change, expiresAt: live(key)?.expiresAt ?? 0 }),
    }),
    [
      'update writes the changed keys and leaves all others unchanged',
      'list shows a session that was about to expire and whose expiry was then extended',
      '…',
    ],
  ],
  [
    'a label cannot be taken away',
    asIf((change) => ({ ...change, label: change.label ?? undefined })),
    ['update changes every field that the change names', '…'],
  ],
  [
    'an empty label is taken for a missing one',
    asIf((change) => ({ ...change, label: change.label === '' ? null : change.label })),
    ['update changes every field that the change names', 'a label can be any text, and comes back exactly'],
  ],
  [
    'a change that names no label takes it away',
    asIf((change) => ({ ...change, label: change.label ?? null })),
    ['update leaves every field unchanged that the change does not name', '…'],
  ],
  [
    'remember cannot be taken back',
    asIf((change) => ({ ...change, remember: change.remember || undefined })),
    ['update keeps the version if no data changes', 'update changes every field that the change names'],
  ],
  [
    'a sign-in is not noted',
    asIf((change) => ({ ...change, signedInAt: undefined })),
    ['update changes every field that the change names', '…'],
  ],
  [
    'a renewal does not reach the store',
    asIf((change) => ({ ...change, secretHash: undefined })),
    [
      'update sets the version that the change names, whether or not the data changes',
      'update changes every field that the change names',
      'update writes nothing and resolves to null if a renewal has replaced the secret',
      'watch, if implemented, calls back when any process ends or renews a session, and not for other changes',
      'of two concurrent renewals, exactly one replaces the secret',
      '…',
    ],
  ],
  [
    'what is given is kept as the object it is',
    ({ kept, create }) => ({
      async create(record, options) {
        const answer = await create(record, options)
        if (answer.result === 'created') kept.set(nameOf(record), record)
        return answer
      },
    }),
    ['the store copies what it gets: changing the object later has no effect', '…'],
  ],
  [
    'a change is kept as the object it is',
    ({ kept, live, update }) => ({
      async update(key, held, change) {
        const version = await update(key, held, change)
        const whole = isDeepStrictEqual(live(key)?.data, change.set)
        if (version !== null && whole) kept.set(nameOf(key), { ...live(key)!, data: change.set })
        return version
      },
    }),
    ['the store copies what it gets: changing the object later has no effect'],
  ],
  [
    'an ending is kept as the object it is',
    ({ kept, live, notify }) => ({
      async end(key, ending) {
        const record = live(key)
        if (!record) return false
        kept.set(nameOf(key), ending)
        notify({ id: key.id, isGuest: record.userId === null, ended: ending.ended })
        return true
      },
    }),
    ['the store copies what it gets: changing the object later has no effect'],
  ],
  [
    'what is read is the object that is kept',
    ({ kept }) => ({ read: async (key) => kept.get(nameOf(key)) ?? null }),
    ['changing a returned object does not change the stored session'],
  ],
  [
    '`__proto__` is lost',
    ({ create, update }) => {
      const plain = (texts: Record<string, string>) => {
        const copy: Record<string, string> = {}
        for (const key of Object.keys(texts)) copy[key] = texts[key]!
        return copy
      }
      return {
        create: (record, options) => create({ ...record, data: plain(record.data) }, options),
        update: (key, held, change) => update(key, held, { ...change, set: plain(change.set) }),
      }
    },
    [
      'keys and texts of the data can have any characters, and come back exactly',
      'update writes or removes exactly the named key, and none that looks like it',
    ],
  ],
  [
    'a text ends at NUL',
    spelling((text) => text.split('\0')[0]!),
    ['keys and texts of the data can have any characters, and come back exactly'],
  ],
  [
    'a key ends at NUL',
    spelling(same, (key) => key.split('\0')[0]!),
    [
      'keys and texts of the data can have any characters, and come back exactly',
      'update writes or removes exactly the named key, and none that looks like it',
    ],
  ],
  [
    'a text is trimmed',
    spelling((text) => text.trim()),
    [
      'keys and texts of the data can have any characters, and come back exactly',
      'a text of 1 MB comes back exactly, also after other keys have changed',
    ],
  ],
  [
    'a text is Unicode-normalised',
    spelling((text) => text.normalize()),
    ['keys and texts of the data can have any characters, and come back exactly'],
  ],
  [
    'a key is in lower case',
    spelling(same, (key) => key.toLowerCase()),
    [
      'keys and texts of the data can have any characters, and come back exactly',
      'update writes or removes exactly the named key, and none that looks like it',
    ],
  ],
  [
    'a text is parsed and written again',
    spelling(reparsed),
    [
      'ids that look alike are different sessions',
      'keys and texts of the data can have any characters, and come back exactly',
      'a text of 1 MB comes back exactly, also after other keys have changed',
    ],
  ],
  [
    'a text of 64 KB and more is cut',
    spelling((text) => text.slice(0, 65_535)),
    ['a text of 1 MB comes back exactly, also after other keys have changed'],
  ],
  [
    'half a surrogate pair is replaced in a text',
    spelling((text) => Buffer.from(text).toString()),
    ['a lone surrogate comes back exactly in user ids, labels, keys and texts'],
  ],
  [
    'half a surrogate pair is replaced in a key',
    spelling(same, (key) => Buffer.from(key).toString()),
    ['a lone surrogate comes back exactly in user ids, labels, keys and texts'],
  ],
  [
    'a key with a dot is a path',
    spelling(same, (key) => key.split('.')[0]!),
    [
      'keys and texts of the data can have any characters, and come back exactly',
      'update writes or removes exactly the named key, and none that looks like it',
    ],
  ],
  [
    'an empty text is taken for a missing one',
    ({ create }) => ({
      create: (record, options) =>
        create(
          { ...record, data: Object.fromEntries(Object.entries(record.data).filter(([, text]) => text !== '')) },
          options,
        ),
    }),
    [
      'null, false, zero and empty values come back unchanged',
      'keys and texts of the data can have any characters, and come back exactly',
    ],
  ],
]
