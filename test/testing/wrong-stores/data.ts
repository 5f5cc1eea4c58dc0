import { isDeepStrictEqual } from 'node:util'
import type { RecordChange, SessionRecord } from '../../../src/stores/store.ts'
import { changed, turn, type Inside, type WrongStore } from './plain.ts'

/** A store to which each change comes as another one. */
const asIf =
  (alter: (change: RecordChange) => RecordChange) =>
  ({ update }: Inside) => ({
    update: (...[id, held, change]: Parameters<Inside['update']>) => update(id, held, alter(change)),
  })

/** A store that keeps each text of the data as another one. */
const spelling =
  (spell: (text: string) => string, spellKey = (key: string) => key) =>
  ({ create, update }: Inside) => {
    const all = (texts: Record<string, string>) =>
      Object.fromEntries(Object.entries(texts).map(([key, text]) => [spellKey(key), spell(text)]))
    return {
      create: (record: SessionRecord) => create({ ...record, data: all(record.data) }),
      update: (...[id, held, change]: Parameters<Inside['update']>) =>
        update(id, held, { ...change, set: all(change.set), unset: change.unset.map(spellKey) }),
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
      async update(id, held, change) {
        const version = await update(id, held, change)
        if (version !== null) kept.set(id, { ...live(id)!, data: change.set })
        return version
      },
    }),
    ['writes the changed keys and leaves all others as they are', 'keeps both of two changes of different keys', '…'],
  ],
  [
    'update removes no key',
    asIf((change) => ({ ...change, unset: [] })),
    ['writes the changed keys and leaves all others as they are', '…'],
  ],
  [
    'removing a key that is not there is an error',
    ({ update, live }) => ({
      async update(id, held, change) {
        for (const key of change.unset) if (!Object.hasOwn(live(id)?.data ?? {}, key)) throw new Error(`no ${key}`)
        return update(id, held, change)
      },
    }),
    ['removes a key that is not there without an error'],
  ],
  [
    'the version stays',
    ({ kept, live, heldOne }) => ({
      async update(id, held, change) {
        if (!heldOne(id, held)) return null
        const { version } = live(id)!
        kept.set(id, { ...changed(live(id)!, change), version })
        return version
      },
    }),
    [
      'raises the version by one with every change of the data',
      'counts right for who holds the version they have read',
      '…',
    ],
  ],
  [
    'the version rises with every call',
    ({ kept, live, heldOne }) => ({
      async update(id, held, change) {
        if (!heldOne(id, held)) return null
        const version = live(id)!.version + 1
        kept.set(id, { ...changed(live(id)!, change), version })
        return version
      },
    }),
    ['leaves the version where only fields change', '…'],
  ],
  [
    'the version rises by the number of keys',
    ({ kept, live, heldOne }) => ({
      async update(id, held, change) {
        if (!heldOne(id, held)) return null
        const version = live(id)!.version + Object.keys(change.set).length + change.unset.length
        kept.set(id, { ...changed(live(id)!, change), version })
        return version
      },
    }),
    ['raises the version by one with every change of the data', '…'],
  ],
  [
    'the version that a change names is not taken on',
    asIf((change) => ({ ...change, version: undefined })),
    ['takes on the version that a change names, whether or not the data changes with it'],
  ],
  [
    'update answers with the version before',
    ({ update }) => ({
      async update(...values) {
        const version = await update(...values)
        return version === null ? null : version - 1
      },
    }),
    ['raises the version by one with every change of the data', '…'],
  ],
  [
    'update does not ask for the version',
    ({ update }) => ({
      update: (id, { secretHash }, change) => update(id, { secretHash }, change),
    }),
    [
      'changes nothing for who holds another version, if they hold one',
      'counts right for who holds the version they have read',
    ],
  ],
  [
    'update takes version 0 for a missing version',
    ({ update }) => ({
      update: (id, { secretHash, version }, change) =>
        update(id, { secretHash, version: version || undefined }, change),
    }),
    [
      'changes nothing for who holds another version, if they hold one',
      'counts right for who holds the version they have read',
    ],
  ],
  [
    'update does not ask for the secret',
    ({ update, live }) => ({
      update: (id, held, change) => update(id, { ...held, secretHash: live(id)?.secretHash ?? '' }, change),
    }),
    [
      'changes nothing for who holds another secret',
      'changes nothing for who holds the secret from before a renewal',
      'lets one of two renewals replace a secret',
    ],
  ],
  [
    'update asks for the version, and writes a moment later',
    ({ update, heldOne }) => ({
      async update(id, held, change) {
        if (!heldOne(id, held)) return null
        await turn()
        return update(id, { secretHash: held.secretHash }, change)
      },
    }),
    ['counts right for who holds the version they have read'],
  ],
  [
    'update asks for the secret, and writes a moment later',
    ({ update, heldOne, live }) => ({
      async update(id, held, change) {
        if (!heldOne(id, held)) return null
        await turn()
        return update(id, { ...held, secretHash: live(id)?.secretHash ?? '' }, change)
      },
    }),
    ['lets one of two renewals replace a secret'],
  ],
  [
    'update refuses, and writes when it was',
    ({ kept, live, update }) => ({
      async update(id, held, change) {
        const version = await update(id, held, change)
        if (version === null && live(id)) kept.set(id, { ...live(id)!, lastSeenAt: change.lastSeenAt })
        return version
      },
    }),
    ['changes nothing for who holds another secret', 'changes nothing for who holds another version, if they hold one'],
  ],
  [
    'update writes in two steps',
    ({ update }) => ({
      async update(id, held, change) {
        const version = await update(id, held, { ...change, label: undefined, secretHash: undefined })
        await turn()
        if (version === null) return null
        await update(id, { secretHash: held.secretHash }, { ...change, set: {}, unset: [] })
        return version
      },
    }),
    ['lets one of two renewals replace a secret', 'shows a change whole or not at all'],
  ],
  [
    'update does not prolong',
    ({ live, update }) => ({
      update: (id, held, change) => update(id, held, { ...change, expiresAt: live(id)?.expiresAt ?? 0 }),
    }),
    [
      'writes the changed keys and leaves all others as they are',
      'lists a session that was about to expire, and was used',
      '…',
    ],
  ],
  [
    'a label cannot be taken away',
    asIf((change) => ({ ...change, label: change.label ?? undefined })),
    ['changes each field that a change names'],
  ],
  [
    'an empty label is taken for a missing one',
    asIf((change) => ({ ...change, label: change.label === '' ? null : change.label })),
    ['changes each field that a change names', 'keeps a label of any text'],
  ],
  [
    'a change that names no label takes it away',
    asIf((change) => ({ ...change, label: change.label ?? null })),
    ['leaves each field that a change does not name', '…'],
  ],
  [
    'remember cannot be taken back',
    asIf((change) => ({ ...change, remember: change.remember || undefined })),
    ['leaves the version where only fields change', 'changes each field that a change names'],
  ],
  [
    'a sign-in is not noted',
    asIf((change) => ({ ...change, signedInAt: undefined })),
    ['changes each field that a change names'],
  ],
  [
    'a renewal does not reach the store',
    asIf((change) => ({ ...change, secretHash: undefined })),
    [
      'takes on the version that a change names, whether or not the data changes with it',
      'changes each field that a change names',
      'changes nothing for who holds the secret from before a renewal',
      'where it can watch: calls back for the record that is ended or renewed, by any process, and not for others',
      'lets one of two renewals replace a secret',
    ],
  ],
  [
    'what is given is kept as the object it is',
    ({ kept }) => ({
      async create(record) {
        if (kept.has(record.id)) return false
        kept.set(record.id, record)
        return true
      },
    }),
    ['keeps what it was given when its caller changes the object later'],
  ],
  [
    'a change is kept as the object it is',
    ({ kept, live, update }) => ({
      async update(id, held, change) {
        const version = await update(id, held, change)
        const whole = isDeepStrictEqual(live(id)?.data, change.set)
        if (version !== null && whole) kept.set(id, { ...live(id)!, data: change.set })
        return version
      },
    }),
    ['keeps what it was given when its caller changes the object later'],
  ],
  [
    'an ending is kept as the object it is',
    ({ kept, live, notify }) => ({
      async end(id, ending) {
        if (!live(id)) return false
        kept.set(id, ending)
        notify(id)
        return true
      },
    }),
    ['keeps what it was given when its caller changes the object later'],
  ],
  [
    'what is read is the object that is kept',
    ({ kept }) => ({ read: async (id) => kept.get(id) ?? null }),
    ['keeps what it has when somebody changes what it gave'],
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
        create: (record) => create({ ...record, data: plain(record.data) }),
        update: (id, held, change) => update(id, held, { ...change, set: plain(change.set) }),
      }
    },
    ['keeps keys and texts of any characters to the letter', 'writes and removes one key and none that looks like it'],
  ],
  [
    'a text ends at NUL',
    spelling((text) => text.split('\0')[0]!),
    ['keeps keys and texts of any characters to the letter'],
  ],
  [
    'a key ends at NUL',
    spelling(same, (key) => key.split('\0')[0]!),
    ['keeps keys and texts of any characters to the letter', 'writes and removes one key and none that looks like it'],
  ],
  [
    'a text is trimmed',
    spelling((text) => text.trim()),
    ['keeps keys and texts of any characters to the letter', 'keeps a text of 1 MB, and changes of others beside it'],
  ],
  [
    'a text is Unicode-normalised',
    spelling((text) => text.normalize()),
    ['keeps keys and texts of any characters to the letter'],
  ],
  [
    'a key is in lower case',
    spelling(same, (key) => key.toLowerCase()),
    ['keeps keys and texts of any characters to the letter', 'writes and removes one key and none that looks like it'],
  ],
  [
    'a text is parsed and written again',
    spelling(reparsed),
    [
      'tells apart ids of any spelling',
      'keeps keys and texts of any characters to the letter',
      'keeps a text of 1 MB, and changes of others beside it',
    ],
  ],
  [
    'a text of 64 KB and more is cut',
    spelling((text) => text.slice(0, 65_535)),
    ['keeps a text of 1 MB, and changes of others beside it'],
  ],
  [
    'half a surrogate pair is replaced in a text',
    spelling((text) => Buffer.from(text).toString()),
    ['keeps half a surrogate pair in every text'],
  ],
  [
    'half a surrogate pair is replaced in a key',
    spelling(same, (key) => Buffer.from(key).toString()),
    ['keeps half a surrogate pair in every text'],
  ],
  [
    'a key with a dot is a path',
    spelling(same, (key) => key.split('.')[0]!),
    ['keeps keys and texts of any characters to the letter', 'writes and removes one key and none that looks like it'],
  ],
  [
    'an empty text is taken for a missing one',
    ({ create }) => ({
      create: (record) =>
        create({ ...record, data: Object.fromEntries(Object.entries(record.data).filter(([, text]) => text !== '')) }),
    }),
    ['gives back what is null, false, zero or empty as that', 'keeps keys and texts of any characters to the letter'],
  ],
]
