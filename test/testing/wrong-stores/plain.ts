import {
  isEnding,
  type Ending,
  type Held,
  type RecordChange,
  type SessionInfo,
  type SessionNotice,
  type SessionRecord,
  type SessionStore,
} from '../../../src/stores/store.ts'

type Whole = Required<SessionStore>

/** The inside of a plain store that is right, for wrong ones to get at. */
export interface Inside extends Whole {
  readonly kept: Map<string, SessionRecord | Ending>
  live(id: string): SessionRecord | undefined
  /** A record of that secret and version, as an update asks for. */
  heldOne(id: string, held: Held): SessionRecord | undefined
  notify(notice: SessionNotice): void
}

/** The fault of a store, its code, and the names of the checks that catch it: all, or with `…` the ones that must. */
export type WrongStore = readonly [what: string, wrong: (inside: Inside) => Partial<SessionStore>, caughtBy: string[]]

/** A turn of the event loop, as an answer of a server takes. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

export const infoOf = ({ data: _data, secretHash: _hash, version: _version, ...info }: SessionRecord): SessionInfo =>
  info

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
  const watchers = new Set<(notice: SessionNotice) => void>()
  const inside: Inside = {
    kept,

    live(id) {
      const found = kept.get(id)
      return found === undefined || isEnding(found) ? undefined : found
    },

    heldOne(id, { secretHash, version }) {
      const record = inside.live(id)
      const same = record?.secretHash === secretHash && (version === undefined || record.version === version)
      return same ? record : undefined
    },

    notify(notice) {
      for (const onNotice of watchers) onNotice(notice)
    },

    async create(record) {
      if (kept.has(record.id)) return false
      kept.set(record.id, structuredClone(record))
      return true
    },

    async read(id) {
      return structuredClone(kept.get(id) ?? null)
    },

    async update(id, held, change) {
      const record = inside.heldOne(id, held)
      if (record === undefined) return null
      const now = changed(record, change)
      kept.set(id, now)
      const { secretHash } = change
      if (secretHash !== undefined)
        inside.notify({ id, isGuest: record.userId === null, replacedHash: held.secretHash, secretHash })
      return now.version
    },

    async end(id, ending) {
      const record = inside.live(id)
      if (record === undefined) return false
      kept.set(id, { ...ending })
      inside.notify({ id, isGuest: record.userId === null, ended: ending.ended })
      return true
    },

    async list(userId) {
      const records = [...kept.keys()].flatMap((id) => inside.live(id) ?? [])
      return records.filter((record) => record.userId === userId).map(infoOf)
    },

    async sweep(before) {
      const expired = [...kept].filter(([, { expiresAt }]) => expiresAt < before)
      for (const [id] of expired) kept.delete(id)
      return expired.length
    },

    async *all() {
      yield* Array.from(kept)
    },

    watch(onNotice) {
      watchers.add(onNotice)
      return () => watchers.delete(onNotice)
    },
  }
  return inside
}
