import { isEnding, type CreateResult, type SessionRecord } from '../../../src/stores/store.ts'
import { altered, nameOf, silenced, turn, type Inside, type WrongStore } from './plain.ts'

const result = (word: CreateResult['result']): CreateResult => ({ result: word, ended: [] })

/** Stores in which the sessions of one user are not one unit: keys, limits, endAll. */
export const wrongUnits: readonly WrongStore[] = [
  [
    'a key is the id alone',
    ({ kept, read, update, end }) => {
      const keyOfId = (id: string) => {
        const name = [...kept.keys()].find((each) => JSON.parse(each)[1] === id)
        return { id, userId: name === undefined ? null : (JSON.parse(name)[0] as string | null) }
      }
      return {
        read: ({ id }) => read(keyOfId(id)),
        update: ({ id }, held, change) => update(keyOfId(id), held, change),
        end: ({ id }, ending) => end(keyOfId(id), ending),
      }
    },
    ['a key with another userId names no record: read finds nothing, update and end write nothing', '…'],
  ],
  [
    'a guest’s key is that of a user called null',
    altered(({ liveOf, isCutOff, excessOf }) => ({
      liveOf: (userId) =>
        userId === 'null' || userId === null ? [...liveOf('null'), ...liveOf(null)] : liveOf(userId),
      isCutOff: (key, options) => isCutOff({ ...key, userId: key.userId ?? 'null' }, options),
      excessOf: (record, limit) => excessOf({ ...record, userId: record.userId ?? 'null' }, limit),
    })),
    ['a guest’s record has no conditions', "endAll ends no session of another user, and no guest's", '…'],
  ],
  [
    'a unit expires with what was written last',
    ({ kept, cutoffs, create, update }) => {
      const expire = (userId: string | null, expiresAt: number) => {
        const left = expiresAt - Date.now()
        if (left < 0 || left > 10_000) return
        setTimeout(() => {
          cutoffs.delete(userId!)
          for (const name of kept.keys()) if (JSON.parse(name)[0] === userId) kept.delete(name)
        }, left)
      }
      return {
        async create(record, options) {
          expire(record.userId, record.expiresAt)
          return create(record, options)
        },
        async update(key, held, change) {
          expire(key.userId, change.expiresAt)
          return update(key, held, change)
        },
      }
    },
    ['the expiry of a session removes nothing else of its user', '…'],
  ],
  [
    'a cutoff is dropped with the last session of its user',
    ({ kept, cutoffs, sweep }) => ({
      async sweep(before) {
        const count = await sweep(before)
        const users = new Set([...kept.keys()].map((name) => JSON.parse(name)[0]))
        for (const userId of cutoffs.keys()) if (!users.has(userId)) cutoffs.delete(userId)
        return count
      },
    }),
    ['sweep, if implemented, removes the cutoffs that expired before the instant, and no other'],
  ],
  [
    'sweep keeps cutoffs',
    ({ cutoffs, sweep }) => ({
      async sweep(before) {
        const kept = [...cutoffs]
        const count = await sweep(before)
        for (const [userId, cutoff] of kept) cutoffs.set(userId, cutoff)
        return count - kept.filter(([, { expiresAt }]) => expiresAt < before).length
      },
    }),
    ['sweep, if implemented, removes the cutoffs that expired before the instant, and no other'],
  ],
  [
    'all leaves out cutoffs',
    ({ all }) => ({
      async *all() {
        for await (const entry of all()) if ('key' in entry) yield entry
      },
    }),
    ['all, if implemented, yields every record, every ending and every cutoff'],
  ],
  [
    'all yields the keys of endings without their users',
    ({ all }) => ({
      async *all() {
        for await (const entry of all())
          yield 'key' in entry && isEnding(entry.found) ? { ...entry, key: { ...entry.key, userId: null } } : entry
      },
    }),
    ['all, if implemented, yields every record, every ending and every cutoff'],
  ],
  [
    'create asks for the limit first',
    ({ create, excessOf }) => ({
      create: async (record, options) =>
        excessOf(record, options?.limit) === null ? result('full') : create(record, options),
    }),
    ['create checks `taken`, then `cut-off`, then `full`, and changes nothing if it resolves to one of them', '…'],
  ],
  [
    'create asks for the cutoff before the id',
    ({ create, isCutOff }) => ({
      create: async (record, options = {}) => (isCutOff(record, options) ? result('cut-off') : create(record, options)),
    }),
    ['create checks `taken`, then `cut-off`, then `full`, and changes nothing if it resolves to one of them'],
  ],
  [
    'create ends sessions by the limit although it is cut off',
    ({ create, excessOf, end, isCutOff }) => ({
      async create(record, options = {}) {
        if (isCutOff(record, options))
          for (const each of excessOf(record, options.limit) ?? []) await end(each, options.limit!.ending!)
        return create(record, options)
      },
    }),
    ['create checks `taken`, then `cut-off`, then `full`, and changes nothing if it resolves to one of them'],
  ],
]

const limitCheck = 'sessions that have ended, or expired before the new record’s `lastSeenAt`, do not count'
const limitEnds = 'a limit ends the sessions that began first, as many as exceed it, and create resolves to their ids'

/** Picks the sessions that a limit ends in a wrong way. */
const excess = (
  pick: (record: SessionRecord, max: number, refuses: boolean, inside: Inside) => SessionRecord[] | null,
) =>
  altered((inside) => ({
    excessOf: (record, limit) =>
      limit === undefined || record.userId === null
        ? inside.excessOf(record, limit)
        : pick(record, limit.max, limit.ending === null, inside),
  }))

const noEnding = { ended: 'limit', endedAt: 0, expiresAt: 0 } as const

/** Stores whose limits are wrong. */
export const wrongLimits: readonly WrongStore[] = [
  [
    'a limit counts endings',
    excess((record, max, refuses, { kept, excessOf }) => {
      const endings = [...kept].filter(([name, found]) => isEnding(found) && JSON.parse(name)[0] === record.userId)
      const left = Math.max(1, max - endings.length)
      return excessOf(record, { max: left, ending: refuses ? null : noEnding })
    }),
    [limitCheck, 'a limit without an ending refuses the record (`full`), and ends no session', '…'],
  ],
  [
    'a limit counts expired sessions',
    excess((record, max, refuses, { excessOf }) =>
      excessOf({ ...record, lastSeenAt: 0 }, { max, ending: refuses ? null : noEnding }),
    ),
    [limitCheck],
  ],
  [
    'a limit counts what lives by its own clock',
    excess((record, max, refuses, { excessOf }) =>
      excessOf({ ...record, lastSeenAt: Date.now() }, { max, ending: refuses ? null : noEnding }),
    ),
    [limitCheck],
  ],
  [
    'a limit ends the session that was used last',
    excess(({ userId }, max, refuses, { liveOf }) => {
      const live = liveOf(userId).toSorted((one, other) => one.lastSeenAt - other.lastSeenAt)
      return live.length < max ? [] : refuses ? null : live.slice(0, live.length + 1 - max)
    }),
    [limitEnds, '…'],
  ],
  [
    'a limit ends the session that was created first in the store',
    excess(({ userId }, max, refuses, { liveOf }) => {
      const live = liveOf(userId)
      return live.length < max ? [] : refuses ? null : live.slice(0, live.length + 1 - max)
    }),
    [limitEnds, '…'],
  ],
  [
    'a limit ends one session at most',
    excess(
      (record, max, refuses, { excessOf }) =>
        excessOf(record, { max, ending: refuses ? null : noEnding })?.slice(0, 1) ?? null,
    ),
    [limitEnds],
  ],
  [
    'a limit does not count the new session',
    excess((record, max, refuses, { excessOf }) =>
      excessOf(record, { max: max + 1, ending: refuses ? null : noEnding }),
    ),
    [limitEnds, 'a limit without an ending refuses the record (`full`), and ends no session', '…'],
  ],
  [
    'a limit that refuses ends the first session',
    ({ create }) => ({
      create: (record, { limit, ...options } = {}) =>
        create(record, { ...options, limit: limit && { ...limit, ending: limit.ending ?? noEnding } }),
    }),
    [
      'create checks `taken`, then `cut-off`, then `full`, and changes nothing if it resolves to one of them',
      'a limit without an ending refuses the record (`full`), and ends no session',
      '…',
    ],
  ],
  [
    'a limit that ends refuses',
    excess((record, max, _refuses, { excessOf }) => excessOf(record, { max, ending: null })),
    [limitEnds, '…'],
  ],
  [
    'a limit counts the sessions of all users',
    excess((record, max, refuses, { kept, excessOf }) => {
      const others = [...kept.values()].filter((found) => !isEnding(found) && found.userId !== record.userId)
      return excessOf(record, { max: Math.max(1, max - others.length), ending: refuses ? null : noEnding })
    }),
    ["a limit counts no session of another user, and no guest's", '…'],
  ],
  [
    'a limit ends the new session if it began first',
    excess((record, max, refuses, { excessOf }) => {
      const others = excessOf(record, { max, ending: refuses ? null : noEnding })
      return others?.filter(({ createdAt }) => createdAt <= record.createdAt) ?? null
    }),
    [limitEnds],
  ],
  [
    'a limit keeps no ending',
    ({ kept, create }) => ({
      async create(record, options) {
        const answer = await create(record, options)
        for (const id of answer.ended) kept.delete(nameOf({ id, userId: record.userId }))
        return answer
      },
    }),
    [limitEnds, 'a session that a limit ended stays ended: `limit`', '…'],
  ],
  [
    'a limit revokes',
    ({ create }) => ({
      create: (record, { limit, ...options } = {}) =>
        create(record, {
          ...options,
          limit: limit && { ...limit, ending: limit.ending && { ...limit.ending, ended: 'revoked' } },
        }),
    }),
    [limitEnds, 'a session that a limit ended stays ended: `limit`', '…'],
  ],
  [
    'a limit does not say whom it ended',
    ({ create }) => ({ create: async (record, options) => result((await create(record, options)).result) }),
    [limitEnds, '…'],
  ],
  [
    'a limit calls no watcher',
    silenced('create'),
    ['watch, if implemented, calls back when any process ends or renews a session, and not for other changes', '…'],
  ],
  [
    'a limit is asked for, and kept a moment later',
    ({ create, excessOf }) => ({
      async create(record, { limit, ...options } = {}) {
        if (limit === undefined) return create(record, options)
        const live = excessOf(record, limit)
        await turn()
        if (live === null) return result('full')
        return create(record, options)
      },
    }),
    ['of 200 concurrent creates with a limit that refuses, exactly as many as the limit allows are created', '…'],
  ],
  [
    'a limit ends the first sessions, and adds the record a moment later',
    ({ create, excessOf, end }) => ({
      async create(record, { limit, ...options } = {}) {
        if (limit === undefined || limit.ending === null) return create(record, { ...options, limit })
        const excess = excessOf(record, limit)!
        for (const each of excess) await end(each, limit.ending)
        await turn()
        return { ...(await create(record, options)), ended: excess.map(({ id }) => id) }
      },
    }),
    ['of 200 concurrent creates with a limit, exactly as many sessions as the limit allows are left', '…'],
  ],
]
