import type { SessionKey, SessionStore, StoreEntry } from '../../../src/stores/store.ts'
import { changed, infoOf, keyOf, nameOf, turn, type Inside, type WrongStore } from './plain.ts'

/** A store that keeps ids in another spelling. */
const ids =
  (spell: (id: string) => string) =>
  ({ create, read, update, end }: Inside): Partial<SessionStore> => ({
    create: (record, options) => create({ ...record, id: spell(record.id) }, options),
    read: ({ id, userId }) => read({ id: spell(id), userId }),
    update: ({ id, userId }, held, change) => update({ id: spell(id), userId }, held, change),
    end: ({ id, userId }, ending) => end({ id: spell(id), userId }, ending),
  })

/** A store that keeps the names of users in another spelling. */
const users =
  (spell: (userId: string) => string) =>
  ({ create, read, update, end, endAll, list }: Inside): Partial<SessionStore> => {
    const own = <Key extends SessionKey>(key: Key): Key => ({ ...key, userId: key.userId && spell(key.userId) })
    return {
      create: (record, options) => create(own(record), options),
      read: (key) => read(own(key)),
      update: (key, held, change) => update(own(key), held, change),
      end: (key, ending) => end(own(key), ending),
      endAll: (userId, ending, except) => endAll(spell(userId), ending, except),
      list: (userId) => list(spell(userId)),
    }
  }

/** A store with an index of its own, and how that is written. */
const indexed =
  (index: (ids: Map<string, Set<string>>, userId: string, id: string) => Promise<void>, prunes = false) =>
  ({ create, live }: Inside): Partial<SessionStore> => {
    const idsByUser = new Map<string, Set<string>>()
    return {
      async create(record, options) {
        if (record.userId !== null) await index(idsByUser, record.userId, record.id)
        return create(record, options)
      },
      async list(userId) {
        const found = [...(idsByUser.get(userId) ?? [])]
        if (prunes) for (const id of found) if (!live({ id, userId })) idsByUser.get(userId)?.delete(id)
        return found.flatMap((id) => live({ id, userId }) ?? []).map(infoOf)
      },
    }
  }

/** Stores whose lists, ids, sweeping or watching are wrong. */
export const wrongLists: readonly WrongStore[] = [
  [
    'the index is written when the answer has gone',
    indexed(async (idsByUser, userId, id) => {
      void turn().then(() => idsByUser.set(userId, (idsByUser.get(userId) ?? new Set()).add(id)))
    }),
    ['list shows every session whose create has resolved, also if many are created at once', '…'],
  ],
  [
    'the index is read, and written whole a moment later',
    indexed(async (idsByUser, userId, id) => {
      const before = [...(idsByUser.get(userId) ?? [])]
      await turn()
      idsByUser.set(userId, new Set([...before, id]))
    }),
    ['list shows every session whose create has resolved, also if many are created at once', '…'],
  ],
  [
    'the index loses what it does not find',
    indexed(async (idsByUser, userId, id) => {
      idsByUser.set(userId, (idsByUser.get(userId) ?? new Set()).add(id))
      await turn()
    }, true),
    [
      'list shows every session whose create has resolved, also if many are created at once',
      'list shows a session that was created during another list',
      '…',
    ],
  ],
  [
    'list knows the last session only',
    ({ list }) => ({ list: async (userId) => (await list(userId)).slice(-1) }),
    [
      'end leaves all other sessions unchanged',
      'list shows every session whose create has resolved, also if many are created at once',
      'ids that look alike are different sessions',
      'sweep, if implemented, removes all that expired before the instant, and then resolves to 0',
      '…',
    ],
  ],
  [
    'list shows what was ended',
    ({ kept, create, list, live }) => {
      const first = new Map<string, Parameters<typeof create>[0]>()
      return {
        async create(record, options) {
          const answer = await create(record, options)
          if (answer.result === 'created') first.set(record.id, record)
          return answer
        },
        async list(userId) {
          const ended = [...first.values()].filter(
            (each) => each.userId === userId && kept.has(nameOf(each)) && !live(each),
          )
          return [...(await list(userId)), ...ended.map(infoOf)]
        },
      }
    },
    ['list shows no session whose end has resolved', '…'],
  ],
  [
    'list shows secrets and data',
    ({ liveOf }) => ({ list: async (userId) => liveOf(userId) }),
    [
      "list shows a user's sessions as they are now, without data, version and secret hash",
      'changing a returned object does not change the stored session',
    ],
  ],
  [
    'list shows a session as it was created',
    ({ create, list }) => {
      const first = new Map<string, Parameters<typeof create>[0]>()
      return {
        async create(record, options) {
          first.set(record.id, structuredClone(record))
          return create(record, options)
        },
        list: async (userId) => (await list(userId)).map(({ id }) => infoOf(first.get(id)!)),
      }
    },
    [
      "list shows a user's sessions as they are now, without data, version and secret hash",
      'a label can be any text, and comes back exactly',
      'a lone surrogate comes back exactly in user ids, labels, keys and texts',
    ],
  ],
  [
    'list takes a name for a pattern',
    ({ kept, live }) => ({
      async list(userId) {
        const records = [...kept.keys()].flatMap((name) => live(keyOf(name)) ?? [])
        return records
          .filter((record) => record.userId === userId || (userId === '*' && record.userId !== null))
          .map(infoOf)
      },
    }),
    [
      "list shows no session of another user, and no guest's session",
      'user ids that look alike are different users',
      '…',
    ],
  ],
  [
    'list ignores upper and lower case',
    ({ kept, live }) => ({
      async list(userId) {
        const records = [...kept.keys()].flatMap((name) => live(keyOf(name)) ?? [])
        return records.filter((record) => record.userId?.toLowerCase() === userId.toLowerCase()).map(infoOf)
      },
    }),
    [
      "list shows no session of another user, and no guest's session",
      'user ids that look alike are different users',
      '…',
    ],
  ],
  [
    'list is kept for a while',
    ({ list }) => {
      const known = new Map<string, ReturnType<typeof list>>()
      return { list: (userId) => known.get(userId) ?? known.set(userId, list(userId)).get(userId)! }
    },
    ["list shows a user's sessions as they are now, without data, version and secret hash", '…'],
  ],
  [
    'a list ends after 50',
    ({ list }) => ({ list: async (userId) => (await list(userId)).slice(0, 50) }),
    ['list shows every session whose create has resolved, also if many are created at once'],
  ],
  [
    'a list with an expired session is empty',
    ({ list }) => ({
      async list(userId) {
        const listed = await list(userId)
        return listed.some(({ expiresAt }) => expiresAt < Date.now()) ? [] : listed
      },
    }),
    ['list may leave out expired sessions, but must show every live one'],
  ],
  [
    'the time to live is set once',
    ({ kept, create, read }) => ({
      async create(record, options) {
        const answer = await create(record, options)
        const left = record.expiresAt - Date.now()
        if (left > 0 && left < 10_000) setTimeout(() => kept.delete(nameOf(record)), left)
        return answer
      },
      read,
    }),
    ['list shows a session that was about to expire and whose expiry was then extended'],
  ],
  [
    'a user’s name ends at NUL',
    users((userId) => userId.split('\0')[0]!),
    ['user ids that look alike are different users'],
  ],
  [
    'half a surrogate pair is replaced in a user’s name',
    users((userId) => Buffer.from(userId).toString()),
    ['a lone surrogate comes back exactly in user ids, labels, keys and texts'],
  ],
  [
    'a label of 255 characters and more is cut',
    ({ create, update }) => ({
      create: (record, options) => create({ ...record, label: record.label?.slice(0, 255) ?? null }, options),
      update: (key, held, change) =>
        update(key, held, { ...change, label: change.label?.slice(0, 255) ?? change.label }),
    }),
    ['a label can be any text, and comes back exactly'],
  ],
  [
    'an id in upper case is the one in lower case',
    ids((id) => id.toLowerCase()),
    ['ids that look alike are different sessions'],
  ],
  [
    'an id is a number where it can be',
    ids((id) => (/^\d+$/.test(id) ? String(Number(id)) : id)),
    ['ids that look alike are different sessions'],
  ],
  ['an id is a path', ids((id) => id.replace(/^\.+/, '')), ['ids that look alike are different sessions']],
  [
    'an id of more than 127 characters is cut',
    ids((id) => id.slice(0, 127)),
    ['ids that look alike are different sessions'],
  ],
  [
    'sweep removes what lives',
    ({ kept, sweep }) => ({
      async sweep(before) {
        const count = await sweep(before)
        if (count > 0) kept.delete([...kept.keys()].at(-1)!)
        return count
      },
    }),
    ['sweep, if implemented, removes all that expired before the instant, and then resolves to 0'],
  ],
  [
    'sweep removes endings that still hold',
    ({ kept, live, sweep }) => ({
      async sweep(before) {
        for (const name of kept.keys()) if (!live(keyOf(name))) kept.delete(name)
        return sweep(before)
      },
    }),
    ['sweep, if implemented, removes all that expired before the instant, and then resolves to 0'],
  ],
  [
    'sweep keeps endings',
    ({ kept, live }) => ({
      async sweep(before) {
        const expired = [...kept.keys()].filter((name) => (live(keyOf(name))?.expiresAt ?? Infinity) < before)
        for (const name of expired) kept.delete(name)
        return expired.length
      },
    }),
    ['sweep, if implemented, removes all that expired before the instant, and then resolves to 0', '…'],
  ],
  [
    'sweep does not say how many',
    ({ sweep }) => ({ sweep: async (before) => Math.min(await sweep(before), 1) }),
    ['sweep, if implemented, removes all that expired before the instant, and then resolves to 0'],
  ],
  [
    'sweep removes what it found a moment before',
    ({ kept }) => ({
      async sweep(before) {
        const expired = [...kept].filter(([, { expiresAt }]) => expiresAt < before)
        await turn()
        for (const [name] of expired) kept.delete(name)
        return expired.length
      },
    }),
    ['sweep, if implemented, keeps a session whose expiry was extended meanwhile', '…'],
  ],
  [
    'all leaves out endings',
    ({ live, all }) => ({
      async *all() {
        for await (const entry of all()) if ('cutoff' in entry || live(entry.key)) yield entry
      },
    }),
    ['all, if implemented, yields every record, every ending and every cutoff'],
  ],
  [
    'all leaves out the last page',
    ({ all }) => ({
      async *all() {
        const entries: StoreEntry[] = []
        for await (const entry of all()) entries.push(entry)
        yield* entries.slice(0, -100)
      },
    }),
    ['all, if implemented, yields every record, every ending and every cutoff'],
  ],
  [
    'a watcher is never called',
    () => ({ watch: () => () => {} }),
    ['watch, if implemented, calls back when any process ends or renews a session, and not for other changes'],
  ],
  [
    'a watcher is not called at a renewal',
    ({ heldOne, kept }) => ({
      async update(key, held, change) {
        const record = heldOne(key, held)
        if (record === undefined) return null
        const now = changed(record, change)
        kept.set(nameOf(key), now)
        return now.version
      },
    }),
    ['watch, if implemented, calls back when any process ends or renews a session, and not for other changes'],
  ],
  [
    'a watcher is called at every change',
    ({ update, notify }) => ({
      async update(key, held, change) {
        notify({ id: key.id, isGuest: false, ended: 'revoked' })
        return update(key, held, change)
      },
    }),
    ['watch, if implemented, calls back when any process ends or renews a session, and not for other changes'],
  ],
  [
    'a watcher cannot stop',
    ({ watch }) => ({
      watch(onNotice) {
        watch(onNotice)
        return () => {}
      },
    }),
    ['watch, if implemented, calls back when any process ends or renews a session, and not for other changes'],
  ],
]
