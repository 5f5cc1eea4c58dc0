import { timingSafeEqual } from 'node:crypto'
import { putText, textOf, type Texts } from '../core/texts.ts'
import { kindOf, type ChangedKey, type Token } from '../core/token.ts'
import { addReplaced, digestOf } from '../session/data-changes.ts'
import { createLruCache } from '../util/lru-cache.ts'

/**
 * The changes that this process has sent in cookies during an outage. Two tabs have one cookie, so the later response replaces
 * the other's changes there. Here they are merged. A restart forgets them.
 */
export interface PendingChanges {
  /** Returns the token with all its session's changes that this process knows and that are not settled. */
  merge(token: Token): Token
  /** Keeps the changes of a token that was sent. */
  keep(token: Token): void
  /**
   * Returns the changes that are not merged into a token, because a store confirmed it after they were made. Another process
   * may have written them, and may have changed their keys since.
   */
  outdated(token: Token): readonly PendingChange[]
  /** Notes that changes were written or dropped, so that an older cookie does not bring them again. */
  settle(id: string, changed: readonly ChangedKey[]): void
  /** Returns when the latest settled change of a key was made; 0 if there is none. */
  settledAt(id: string, key: string): number
  /** Notes texts that the store may have, because a write was not answered. A later change may replace them. */
  attempted(id: string, data: Texts, keys: readonly string[]): void
  /** Adds the texts that the store may have to those that a change may replace. */
  withAttempts(id: string, changed: readonly ChangedKey[]): readonly ChangedKey[]
  /** Notes the version of a record that this process has changed. */
  wrote(id: string, version: number): void
  /** Whether this process knows that the record is newer than the token's copy. */
  isStale(token: Token): boolean
  /** Returns the time of a change that is made now: later than all others here, and than the token's confirmation. */
  nextTime(now: number, token: Token | null): number
}

/** A changed key and its text; `undefined` if the key was removed. */
export interface PendingChange {
  readonly entry: ChangedKey
  readonly text: string | undefined
}

interface PendingSession {
  readonly secret: string
  readonly changes: ReadonlyMap<string, PendingChange>
}

/** How many characters of each kind are remembered at most, in each of the two generations of the cache. */
const maxChars = 8_000_000
/** How many keys are remembered as settled or attempted. */
const maxKeys = 20_000

/** One closure, because its functions share what is remembered. */
export function createPendingChanges(): PendingChanges {
  const createCache = () => createLruCache<PendingSession>(maxChars, weightOf)
  // Guests have a cache of their own, because one client can create many guests.
  const sessions = { user: createCache(), guest: createCache() }
  const settled = createLruCache<number>(maxKeys)
  const attempts = createLruCache<readonly string[]>(maxKeys)
  const versions = createLruCache<number>(maxKeys)
  let lastTime = 0

  const settledAt = (id: string, key: string): number => settled.get(`${id} ${key}`) ?? 0

  /** Returns the changes of a token's session that are not settled. */
  function pendingOf(token: Token): readonly PendingChange[] {
    const { id, secret } = token.identity!
    const pending = sessions[kindOf(token)].get(id)
    if (pending === undefined || !isSameText(pending.secret, secret)) return []
    return [...pending.changes.values()].filter(({ entry: [key, changedAt] }) => changedAt > settledAt(id, key))
  }

  return {
    merge(token) {
      const pending = pendingOf(token)
      if (pending.length === 0 && token.changed.length === 0) return token
      const { id } = token.identity!
      const changed = new Map(token.changed.map((entry) => [entry[0], entry]))
      let { data } = token
      for (const change of pending) {
        const [key, changedAt] = change.entry
        if (changedAt <= (changed.get(key)?.[1] ?? 0) || isOutdated(change, token)) continue
        changed.set(key, change.entry)
        data = withText(data ?? {}, key, change.text)
      }
      const open = [...changed.values()].filter(([key, changedAt]) => changedAt !== settledAt(id, key))
      const isSame = data === token.data && open.length === token.changed.length
      return isSame ? token : { ...token, data, changed: open }
    },

    keep(token) {
      const { id, secret } = token.identity!
      const changes = new Map(pendingOf(token).map((change) => [change.entry[0], change]))
      for (const entry of token.changed) changes.set(entry[0], { entry, text: textOf(token.data!, entry[0]) })
      sessions[kindOf(token)].set(id, { secret, changes })
    },

    outdated: (token) => pendingOf(token).filter((change) => isOutdated(change, token)),

    settle(id, changed) {
      for (const [key, changedAt] of changed) settled.set(`${id} ${key}`, Math.max(changedAt, settledAt(id, key)))
    },

    settledAt,

    attempted(id, data, keys) {
      for (const key of keys)
        attempts.set(`${id} ${key}`, addReplaced(attempts.get(`${id} ${key}`) ?? [], digestOf(data, key)))
    },

    withAttempts: (id, changed) =>
      changed.map(([key, changedAt, ...replaced]) => [
        key,
        changedAt,
        ...(attempts.get(`${id} ${key}`) ?? []).reduce(addReplaced, replaced as readonly string[]),
      ]),

    wrote: (id, version) => versions.set(id, version),
    isStale: ({ identity, version }) => (versions.get(identity!.id) ?? 0) > version,
    nextTime: (now, token) => (lastTime = Math.max(now, lastTime + 1, (token?.confirmedAt ?? 0) + 1)),
  }
}

const isOutdated = ({ entry: [, changedAt] }: PendingChange, { confirmedAt }: Token): boolean =>
  (confirmedAt ?? 0) > changedAt

function weightOf({ changes }: PendingSession): number {
  let weight = 500
  for (const { entry, text } of changes.values()) weight += entry.join('').length + (text?.length ?? 0) + 100
  return weight
}

function withText(data: Texts, key: string, text: string | undefined): Texts {
  const copy: Record<string, string> = { ...data }
  if (text === undefined) Reflect.deleteProperty(copy, key)
  else putText(copy, key, text)
  return copy
}

/** Compares secrets in constant time. A cookie from before a renewal must not show changes that were made after it. */
function isSameText(one: string, other: string): boolean {
  const [expected, actual] = [Buffer.from(one), Buffer.from(other)]
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}
