import {
  isEnding,
  type CreateOptions,
  type Cutoff,
  type Ending,
  type Held,
  type RecordChange,
  type SessionInfo,
  type SessionKey,
  type SessionLimit,
  type SessionNotice,
  type SessionRecord,
  type SessionStore,
} from '../../../src/stores/store.ts'

type Whole = Required<Omit<SessionStore, 'name'>>

/** The inside of a plain store that is right, for wrong ones to get at. */
export interface Inside extends Whole {
  /** By the names of their keys. */
  readonly kept: Map<string, SessionRecord | Ending>
  readonly cutoffs: Map<string, Cutoff>
  live(key: SessionKey): SessionRecord | undefined
  liveOf(userId: string | null): SessionRecord[]
  /** A record of that secret and version, as an update asks for. */
  heldOne(key: SessionKey, held: Held): SessionRecord | undefined
  isCutOff(key: SessionKey, options: CreateOptions): boolean
  /** The sessions that a limit ends for a record; `null` if it refuses the record. */
  excessOf(record: SessionRecord, limit: SessionLimit | undefined): SessionRecord[] | null
  notify(notice: SessionNotice): void
}

export const nameOf = ({ id, userId }: SessionKey): string => JSON.stringify([userId, id])

export function keyOf(name: string): SessionKey {
  const [userId, id] = JSON.parse(name) as [string | null, string]
  return { id, userId }
}

/** The fault of a store, its code, and the names of the checks that catch it: all, or with `…` the ones that must. */
export type WrongStore = readonly [what: string, wrong: (inside: Inside) => Partial<SessionStore>, caughtBy: string[]]

/** A store of which some inner parts are wrong, wherever they are used. */
export const altered = (alter: (right: Inside) => Partial<Inside>) => (inside: Inside) => {
  Object.assign(inside, alter({ ...inside }))
  return {}
}

/** A store of which one function calls no watcher. */
export const silenced =
  (name: 'create' | 'endAll') =>
  (inside: Inside): Partial<SessionStore> => {
    const { notify } = { ...inside }
    const call = inside[name] as (...values: unknown[]) => Promise<never>
    return {
      [name](...values: unknown[]) {
        inside.notify = () => {}
        const answer = call(...values)
        inside.notify = notify
        return answer
      },
    }
  }

/** A turn of the event loop, as an answer of a server takes. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

export const infoOf = ({ data: _data, secretHash: _hash, version: _version, ...info }: SessionRecord): SessionInfo => ({
  ...info,
  methods: info.methods.map(([name, at]) => [name, at] as const),
})

/** A record after a change. */
export function changed(record: SessionRecord, { set, unset, ...fields }: RecordChange): SessionRecord {
  const data = new Map(Object.entries(record.data))
  for (const key of unset) data.delete(key)
  for (const [key, text] of Object.entries(set)) data.set(key, text)
  const rise = unset.length > 0 || Object.keys(set).length > 0 ? 1 : 0
  const named = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return { ...record, ...named, version: fields.version ?? record.version + rise, data: Object.fromEntries(data) }
}

export function plainStore(): Inside {
  const kept: Inside['kept'] = new Map()
  const cutoffs: Inside['cutoffs'] = new Map()
  const watchers = new Set<(notice: SessionNotice) => void>()
  const inside: Inside = {
    kept,
    cutoffs,

    live(key) {
      const found = kept.get(nameOf(key))
      return found === undefined || isEnding(found) ? undefined : found
    },

    liveOf(userId) {
      return [...kept.values()].flatMap((found) => (!isEnding(found) && found.userId === userId ? found : []))
    },

    heldOne(key, { secretHash, version }) {
      const record = inside.live(key)
      const same = record?.secretHash === secretHash && (version === undefined || record.version === version)
      return same ? record : undefined
    },

    isCutOff({ id, userId }, options) {
      const now = Date.now()
      const { openedAt, beganAt } = options
      const cutoff = userId === null ? undefined : cutoffs.get(userId)
      if (cutoff === undefined || cutoff.spared === id) return false
      // Both clocks count whole milliseconds.
      const isOpenedBefore = openedAt !== undefined && now - (performance.now() - openedAt) < cutoff.at + 1
      return isOpenedBefore || (beganAt !== undefined && beganAt < cutoff.at)
    },

    excessOf({ userId, lastSeenAt }, limit) {
      if (userId === null || limit === undefined) return []
      const live = inside.liveOf(userId).filter(({ expiresAt }) => expiresAt > lastSeenAt)
      if (live.length < limit.max) return []
      if (limit.ending === null) return null
      return live.toSorted((one, other) => one.createdAt - other.createdAt).slice(0, live.length + 1 - limit.max)
    },

    notify(notice) {
      for (const onNotice of watchers) onNotice(notice)
    },

    async create(record, options = {}) {
      if (kept.has(nameOf(record))) return { result: 'taken', ended: [] }
      if (inside.isCutOff(record, options)) return { result: 'cut-off', ended: [] }
      const excess = inside.excessOf(record, options.limit)
      if (excess === null) return { result: 'full', ended: [] }
      for (const each of excess) void inside.end(each, options.limit!.ending!)
      kept.set(nameOf(record), structuredClone(record))
      return { result: 'created', ended: excess.map(({ id }) => id) }
    },

    async read(key) {
      return structuredClone(kept.get(nameOf(key)) ?? null)
    },

    async update(key, held, change) {
      const record = inside.heldOne(key, held)
      if (record === undefined) return null
      const now = changed(record, structuredClone(change))
      kept.set(nameOf(key), now)
      const { secretHash } = change
      if (secretHash !== undefined)
        inside.notify({ id: key.id, isGuest: key.userId === null, replacedHash: held.secretHash, secretHash })
      return now.version
    },

    async end(key, ending) {
      if (inside.live(key) === undefined) return false
      kept.set(nameOf(key), { ...ending })
      inside.notify({ id: key.id, isGuest: key.userId === null, ended: ending.ended })
      return true
    },

    async endAll(userId, ending, except = null) {
      if (except !== null && inside.live({ id: except.id, userId }) === undefined) {
        const key = { id: except.id, userId }
        const isBeginning = except.openedAt !== undefined && !kept.has(nameOf(key)) && !inside.isCutOff(key, except)
        if (!isBeginning) return { isDone: false, ended: [], isConfirmed: true }
      }
      cutoffs.set(userId, { at: Date.now(), spared: except?.id ?? null, expiresAt: ending.expiresAt })
      const others = inside.liveOf(userId).filter(({ id }) => id !== except?.id)
      for (const each of others) void inside.end(each, ending)
      const ended = others.filter(({ expiresAt }) => expiresAt > ending.endedAt).map(({ id }) => id)
      return { isDone: true, ended, isConfirmed: true }
    },

    async list(userId) {
      return inside.liveOf(userId).map(infoOf)
    },

    async sweep(before) {
      let swept = 0
      for (const entries of [kept, cutoffs]) {
        for (const [name, { expiresAt }] of entries) if (expiresAt < before && entries.delete(name)) swept++
      }
      return swept
    },

    async *all() {
      for (const [name, found] of Array.from(kept)) yield { key: keyOf(name), found }
      for (const [userId, cutoff] of Array.from(cutoffs)) yield { userId, cutoff }
    },

    async putCutoff(userId, cutoff) {
      if ((cutoffs.get(userId)?.at ?? 0) < cutoff.at) cutoffs.set(userId, { ...cutoff })
    },

    watch(onNotice) {
      watchers.add(onNotice)
      return () => watchers.delete(onNotice)
    },
  }
  return inside
}
