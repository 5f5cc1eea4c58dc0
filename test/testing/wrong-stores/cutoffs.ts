import type { EndAllResult, Ending } from '../../../src/stores/store.ts'
import { altered, nameOf, silenced, turn, type Inside, type WrongStore } from './plain.ts'

const notDone: EndAllResult = { isDone: false, ended: [], isConfirmed: true }

const cutOffByOpening =
  'create resolves to `cut-off` if the user’s sessions were all ended while its request was open (`openedAt`)'
const createdAfter = 'create adds a record if its request was opened after endAll, or if no condition is passed'
const storesClock = 'create compares `openedAt` with the store’s clock, and with no instant of the record'
const cutOffByBeginning =
  'create resolves to `cut-off` if the user’s sessions were all ended after the session began (`beganAt`)'
const spares = 'a cutoff spares the id of `except` and no other, until the next endAll'
const createUnderWay =
  'a create that is under way at an endAll leaves no live session, and one that began after it is created'
const endsAll = 'endAll ends all sessions of a user but `except`, in every process, and resolves to their ids'
const doesNothing = 'endAll does nothing if `except` has ended, has no record, or is not the user’s'
const sparesBeginning =
  'endAll spares a session that is being created (`openedAt`), unless an earlier endAll cut it off'
const expiredOnes =
  'endAll ends sessions that have expired by the ending’s `endedAt`, and does not resolve to their ids'
const twoDevices =
  'of two concurrent endAll that each spare another session, exactly one is done, and its session lives'
const putExactly = 'putCutoff, if implemented, sets a cutoff exactly, and ends no session'
const putLater = 'putCutoff, if implemented, leaves a later cutoff as it is, and replaces an earlier one'

/** Stores whose cutoffs are wrong. */
export const wrongCutoffs: readonly WrongStore[] = [
  [
    'a cutoff is compared with the record’s clock',
    altered(({ cutoffs }) => ({
      isCutOff({ id, userId, ...record }, { openedAt, beganAt }) {
        const cutoff = userId === null ? undefined : cutoffs.get(userId)
        if (cutoff === undefined || cutoff.spared === id || (openedAt === undefined && beganAt === undefined))
          return false
        return (
          (beganAt ?? (record as { lastSeenAt?: number }).lastSeenAt ?? 0) -
            (openedAt === undefined ? 0 : performance.now() - openedAt) <
          cutoff.at
        )
      },
    })),
    [storesClock, '…'],
  ],
  [
    'a cutoff refuses nothing',
    altered(() => ({ isCutOff: () => false })),
    [cutOffByOpening, cutOffByBeginning, createUnderWay, '…'],
  ],
  [
    'a cutoff does not ask when the request was opened',
    altered(({ isCutOff }) => ({ isCutOff: (key, { beganAt }) => isCutOff(key, { beganAt }) })),
    [cutOffByOpening, createUnderWay, '…'],
  ],
  [
    'a cutoff does not ask when the session began',
    altered(({ isCutOff }) => ({ isCutOff: (key, { openedAt }) => isCutOff(key, { openedAt }) })),
    [cutOffByBeginning, '…'],
  ],
  [
    'the later of two conditions alone counts',
    altered(({ isCutOff }) => ({
      isCutOff: (key, { openedAt, beganAt }) => isCutOff(key, beganAt === undefined ? { openedAt } : { beganAt }),
    })),
    [cutOffByBeginning, '…'],
  ],
  [
    'a cutoff refuses for good',
    altered(({ cutoffs }) => ({
      isCutOff: ({ id, userId }, { openedAt, beganAt }) =>
        (openedAt ?? beganAt) !== undefined && cutoffs.has(userId!) && cutoffs.get(userId!)!.spared !== id,
    })),
    [createdAfter, '…'],
  ],
  [
    'a cutoff refuses a create without conditions',
    altered(({ isCutOff, cutoffs }) => ({
      isCutOff: (key, options) =>
        options.openedAt === undefined && options.beganAt === undefined
          ? cutoffs.has(key.userId!)
          : isCutOff(key, options),
    })),
    [createdAfter, '…'],
  ],
  [
    'openedAt must be a whole number',
    ({ create }) => ({
      async create(record, options) {
        if (!Number.isInteger(options?.openedAt ?? 0)) throw new Error('no bigint')
        return create(record, options)
      },
    }),
    [cutOffByOpening, createdAfter, '…'],
  ],
  [
    'openedAt is seconds',
    altered(({ isCutOff }) => ({
      isCutOff(key, { openedAt, ...options }) {
        const now = performance.now()
        return isCutOff(key, {
          ...options,
          openedAt: openedAt === undefined ? undefined : now - (now - openedAt) / 1000,
        })
      },
    })),
    [cutOffByOpening, storesClock, '…'],
  ],
  [
    'the time that a call takes makes the request younger',
    ({ create }) => ({
      create: (record, { openedAt, ...options } = {}) =>
        create(record, { ...options, openedAt: openedAt === undefined ? undefined : openedAt + 3_600_000 }),
    }),
    [
      'a create whose request was opened shortly before endAll is cut off, however long the call takes to reach the store',
      '…',
    ],
  ],
  [
    'a cutoff spares no id',
    altered(({ isCutOff }) => ({
      isCutOff: ({ userId }, options) => isCutOff({ id: 'another', userId }, options),
    })),
    [spares, '…'],
  ],
  [
    'a cutoff spares what one before spared',
    (inside) => {
      const spared = new Set<string>()
      const { isCutOff } = { ...inside }
      inside.isCutOff = (key, options) => !spared.has(key.id) && isCutOff(key, options)
      return {
        async endAll(userId, ending, except) {
          const answer = await inside.endAll(userId, ending, except)
          if (answer.isDone && except) spared.add(except.id)
          return answer
        },
      }
    },
    [spares],
  ],
  [
    'putCutoff replaces a later cutoff',
    ({ cutoffs }) => ({ putCutoff: async (userId, cutoff) => void cutoffs.set(userId, { ...cutoff }) }),
    [putLater],
  ],
  [
    'putCutoff replaces no cutoff',
    ({ cutoffs }) => ({
      putCutoff: async (userId, cutoff) => void (cutoffs.has(userId) || cutoffs.set(userId, { ...cutoff })),
    }),
    [putLater, 'all, if implemented, yields every record, every ending and every cutoff'],
  ],
  [
    'putCutoff ends the sessions of before',
    ({ putCutoff, liveOf, end }) => ({
      async putCutoff(userId, cutoff) {
        for (const each of liveOf(userId))
          if (each.createdAt < cutoff.at)
            await end(each, { ended: 'revoked', endedAt: cutoff.at, expiresAt: cutoff.expiresAt })
        return putCutoff(userId, cutoff)
      },
    }),
    [putExactly],
  ],
  [
    'putCutoff forgets whom it spares',
    ({ putCutoff }) => ({ putCutoff: (userId, cutoff) => putCutoff(userId, { ...cutoff, spared: null }) }),
    [putExactly, putLater, 'all, if implemented, yields every record, every ending and every cutoff'],
  ],
  [
    'putCutoff sets now',
    ({ putCutoff }) => ({ putCutoff: (userId, cutoff) => putCutoff(userId, { ...cutoff, at: Date.now() }) }),
    [putExactly, '…'],
  ],
]

/** Ends all sessions but one, whether or not that one lives. */
async function endBlindly(
  { cutoffs, liveOf, end }: Inside,
  userId: string,
  ending: Ending,
  spared: string,
): Promise<EndAllResult> {
  cutoffs.set(userId, { at: Date.now(), spared, expiresAt: ending.expiresAt })
  const others = liveOf(userId).filter(({ id }) => id !== spared)
  for (const each of others) await end(each, ending)
  return { isDone: true, ended: others.map(({ id }) => id), isConfirmed: true }
}

/** Stores whose endAll is wrong. */
export const wrongEndAll: readonly WrongStore[] = [
  [
    'endAll spares no session',
    ({ endAll, end }) => ({
      async endAll(userId, ending, except) {
        const answer = await endAll(userId, ending, except)
        if (!except || !(await end({ id: except.id, userId }, ending))) return answer
        return { ...answer, ended: [...answer.ended, except.id] }
      },
    }),
    [endsAll, twoDevices, '…'],
  ],
  [
    'endAll continues although the session to spare has ended',
    (inside) => ({
      async endAll(userId, ending, except) {
        const answer = await inside.endAll(userId, ending, except)
        if (answer.isDone || except?.openedAt !== undefined) return answer
        return endBlindly(inside, userId, ending, except!.id)
      },
    }),
    [doesNothing, twoDevices, '…'],
  ],
  [
    'endAll finds nothing to spare, and ends all but says so',
    ({ endAll }) => ({
      async endAll(userId, ending, except) {
        const answer = await endAll(userId, ending, except)
        if (!answer.isDone) await endAll(userId, ending)
        return answer
      },
    }),
    [doesNothing, sparesBeginning, twoDevices, '…'],
  ],
  [
    'endAll spares a session of another user',
    ({ kept, endAll }) => ({
      async endAll(userId, ending, except) {
        const isThere = except && [...kept.values()].some((found) => 'id' in found && found.id === except.id)
        return endAll(userId, ending, isThere ? { ...except, openedAt: performance.now() } : except)
      },
    }),
    [doesNothing],
  ],
  [
    'endAll that does nothing sets the cutoff',
    ({ cutoffs, endAll }) => ({
      async endAll(userId, ending, except) {
        const answer = await endAll(userId, ending, except)
        if (!answer.isDone) cutoffs.set(userId, { at: Date.now(), spared: except!.id, expiresAt: ending.expiresAt })
        return answer
      },
    }),
    [doesNothing, 'endAll that does nothing leaves the cutoff as it is', '…'],
  ],
  [
    'endAll that ends nothing sets no cutoff',
    ({ cutoffs, liveOf, endAll }) => ({
      async endAll(userId, ending, except) {
        const [isEmpty, before] = [liveOf(userId).length === 0, cutoffs.get(userId)]
        const answer = await endAll(userId, ending, except)
        if (isEmpty && before === undefined) cutoffs.delete(userId)
        return answer
      },
    }),
    [cutOffByOpening, '…'],
  ],
  [
    'endAll takes a session that is being created for one that has ended',
    ({ endAll }) => ({
      endAll: (userId, ending, except) => endAll(userId, ending, except && { id: except.id }),
    }),
    [sparesBeginning, spares, '…'],
  ],
  [
    'endAll takes a session that has ended for one that is being created',
    ({ kept, endAll, live }) => ({
      async endAll(userId, ending, except) {
        const key = { id: except?.id ?? '', userId }
        const ended = except?.openedAt !== undefined && !live(key) ? kept.get(nameOf(key)) : undefined
        kept.delete(ended === undefined ? '' : nameOf(key))
        const answer = await endAll(userId, ending, except)
        if (ended !== undefined) kept.set(nameOf(key), ended)
        return answer
      },
    }),
    [doesNothing],
  ],
  [
    'endAll spares a session that is being created although it was cut off',
    ({ endAll }) => ({
      endAll: (userId, ending, except) =>
        endAll(
          userId,
          ending,
          except?.openedAt === undefined ? except : { ...except, openedAt: performance.now() + 60_000 },
        ),
    }),
    [sparesBeginning, '…'],
  ],
  [
    'endAll resolves to all ids that have an ending',
    ({ kept, endAll }) => ({
      async endAll(userId, ending, except) {
        const answer = await endAll(userId, ending, except)
        const ended = [...kept].filter(([name, found]) => 'ended' in found && JSON.parse(name)[0] === userId)
        return answer.isDone ? { ...answer, ended: ended.map(([name]) => JSON.parse(name)[1] as string) } : answer
      },
    }),
    [endsAll, '…'],
  ],
  [
    'endAll replaces endings',
    ({ kept, endAll }) => ({
      async endAll(userId, ending, except) {
        const answer = await endAll(userId, ending, except)
        for (const [name, found] of kept)
          if (answer.isDone && 'ended' in found && JSON.parse(name)[0] === userId) kept.set(name, { ...ending })
        return answer
      },
    }),
    ['endAll leaves endings as they are', '…'],
  ],
  [
    'endAll resolves to the ids of expired sessions too',
    ({ liveOf, endAll }) => ({
      async endAll(userId, ending, except) {
        const ids = liveOf(userId).map(({ id }) => id)
        const answer = await endAll(userId, ending, except)
        return answer.isDone ? { ...answer, ended: ids.filter((id) => id !== except?.id) } : answer
      },
    }),
    [expiredOnes],
  ],
  [
    'endAll leaves expired sessions',
    ({ kept, liveOf, endAll }) => ({
      async endAll(userId, ending, except) {
        const expired = liveOf(userId).filter(({ expiresAt }) => expiresAt <= ending.endedAt)
        const answer = await endAll(userId, ending, except)
        for (const record of expired) kept.set(nameOf(record), record)
        return answer
      },
    }),
    [expiredOnes],
  ],
  [
    'endAll ends 500 sessions at most',
    altered(({ liveOf }) => ({ liveOf: (userId) => liveOf(userId).slice(0, 500) })),
    ['endAll ends every session without `except`, also if there are many', '…'],
  ],
  [
    'endAll keeps no endings',
    ({ kept, endAll }) => ({
      async endAll(userId, ending, except) {
        const answer = await endAll(userId, ending, except)
        for (const id of answer.ended) kept.delete(nameOf({ id, userId }))
        return answer
      },
    }),
    [endsAll, '…'],
  ],
  [
    'endAll calls no watcher',
    silenced('endAll'),
    ['watch, if implemented, calls back when any process ends or renews a session, and not for other changes', '…'],
  ],
  [
    'endAll lists, and ends one after the other',
    ({ cutoffs, endAll, end, liveOf }) => ({
      async endAll(userId, ending, except) {
        const others = liveOf(userId).filter(({ id }) => id !== except?.id)
        for (const each of others.slice(1)) {
          await end(each, ending)
          await turn()
        }
        const answer = await endAll(userId, ending, except)
        if (!answer.isDone) cutoffs.delete(userId)
        return answer.isDone ? { ...answer, ended: others.map(({ id }) => id) } : answer
      },
    }),
    ['a list concurrent with endAll shows all sessions, or only the spared one', '…'],
  ],
  [
    'endAll ends, and sets the cutoff a moment later',
    ({ cutoffs, endAll }) => ({
      async endAll(userId, ending, except) {
        const before = cutoffs.get(userId)
        const answer = await endAll(userId, ending, except)
        const after = cutoffs.get(userId)
        if (!answer.isDone || after === undefined) return answer
        if (before === undefined) cutoffs.delete(userId)
        else cutoffs.set(userId, before)
        await turn()
        cutoffs.set(userId, after)
        return answer
      },
    }),
    [createUnderWay, '…'],
  ],
  [
    'endAll looks for the session to spare, and ends a moment later',
    (inside) => ({
      async endAll(userId, ending, except) {
        if (!except || except.openedAt !== undefined) return inside.endAll(userId, ending, except)
        if (inside.live({ id: except.id, userId }) === undefined) return notDone
        await turn()
        return endBlindly(inside, userId, ending, except.id)
      },
    }),
    [twoDevices, '…'],
  ],
]
