import { putText, textOf, type Texts } from '../core/texts.ts'
import { kindOf, type ChangedKey, type Token } from '../core/token.ts'
import { addReplaced, digestOf, type DataChange } from '../session/data-changes.ts'
import { constantTimeEqual } from '../util/constant-time-equal.ts'
import { createLruCache } from '../util/lru-cache.ts'
import { hashOf } from './record.ts'

/**
 * The changes of sessions that this process remembers for outages. Two tabs have one cookie, so the later response replaces the
 * other's changes there. Here they are merged. A restart forgets.
 */
export interface PendingChanges {
  /** Returns the token with all its session's changes that this process knows and that are not settled. */
  merge(token: Token): Token
  /** Keeps the changes of a token that was sent. */
  keep(token: Token): void
  /**
   * Returns the changes that a token does not have, because a store confirmed it after they were made. Another process may have
   * written them, and may have changed their keys since.
   */
  outdated(token: Token): readonly PendingChange[]
  /**
   * Notes that changes were written or dropped, so that an older cookie does not bring them again.
   *
   * @param version the version of the record that shows this. A record that was read earlier may be older.
   */
  settle(token: Token, changed: readonly ChangedKey[], version: number): void
  /** Returns when the latest settled change of a key was made; 0 if there is none. */
  settledAt(token: Token, key: string): number
  /**
   * Notes texts that the store may have, because a write was not answered. A later change may replace them.
   *
   * @param changed the keys, and when each was changed: an older change must not replace it
   * @param base the data before. Only a change that may replace its texts may replace the new ones, because others may have written it.
   */
  attempted(token: Token, data: Texts, changed: readonly ChangedKey[], base: Texts): void
  /** Adds the texts that the store may have to those that a change may replace. */
  withAttempts(token: Token, changed: readonly ChangedKey[]): readonly ChangedKey[]
  /** Notes the version of a record that this process has changed, and that earlier attempts to write the same keys are over. */
  wrote(token: Token, version: number, change: DataChange): void
  /** Whether this process knows that the record is newer than the token's copy. */
  isStale(token: Token): boolean
  /**
   * Returns the time of a change that is made now: later than all others here, than the token's confirmation, and than its settled
   * changes and failed writes.
   */
  nextTime(now: number, token: Token): number
}

/** A changed key and its text; `undefined` if the key was removed. */
export interface PendingChange {
  readonly entry: ChangedKey
  readonly text: string | undefined
}

/** The digest of the text that the key had, of the one that the store may have now, and when that one was made. */
type Attempt = readonly [base: string, sent: string, changedAt: number]

interface KeyState {
  /** The change that was sent and is not settled. */
  readonly change: PendingChange | null
  readonly settledAt: number
  readonly attempts: readonly Attempt[]
}

/** It never changes, because the cache weighs it when it is added and when it goes. */
interface PendingSession {
  readonly secretHash: string
  readonly version: number
  readonly keys: ReadonlyMap<string, KeyState>
  readonly weight: number
}

/** How many bytes of each kind are remembered at most, in each of the two generations of the cache. */
const maxBytes = 8_000_000
/** How many bytes of one session are remembered at most. A change that would need more is not remembered. */
const maxSessionBytes = 64_000
/** How many bytes a session and a key take besides their texts. */
const [sessionBytes, keyBytes, attemptBytes] = [500, 250, 100]
const maxAttempts = 8
/** Of how many secrets of one session changes are remembered: a cookie from before a renewal must not replace those of the new one. */
const maxSecrets = 2

const noState: KeyState = { change: null, settledAt: 0, attempts: [] }

/**
 * One closure, because its functions share what is remembered.
 *
 * @param hasCopies whether cookies have copies. Otherwise no write needs to be noted.
 */
export function createPendingChanges(hasCopies: boolean): PendingChanges {
  const createCache = () =>
    createLruCache<readonly PendingSession[]>(maxBytes, (all) => all.reduce((sum, { weight }) => sum + weight, 0))
  // Guests have a cache of their own, because one client can create many guests.
  const sessions = { user: createCache(), guest: createCache() }
  let lastTime = 0

  function sessionOf(token: Token): PendingSession | undefined {
    return sessions[kindOf(token)].get(token.identity!.id)?.find(({ secretHash }) => isHashOf(secretHash, token))
  }

  const stateOf = (token: Token, key: string): KeyState => sessionOf(token)?.keys.get(key) ?? noState

  function note(token: Token, edits: readonly (readonly [key: string, edit: Partial<KeyState>])[], version = 0): void {
    const { id } = token.identity!
    const known = sessionOf(token)
    const keys = new Map(known?.keys)
    for (const [key, edit] of edits) {
      const state = { ...(keys.get(key) ?? noState), ...edit }
      keys.set(key, isSettled(state) ? { ...state, change: null } : state)
    }
    let weight = sessionBytes
    for (const [key, state] of keys) weight += weightOf(key, state)
    if (weight > maxSessionBytes) return
    const cache = sessions[kindOf(token)]
    const others = (cache.get(id) ?? []).filter((session) => session !== known).slice(1 - maxSecrets)
    const secretHash = known?.secretHash ?? hashOf(token)
    cache.set(id, [...others, { secretHash, version: Math.max(version, known?.version ?? 0), keys, weight }])
  }

  function pendingOf(token: Token): readonly PendingChange[] {
    // Hash the secret only if needed, because every request comes here.
    const all = sessions[kindOf(token)].get(token.identity!.id)
    if (all === undefined || all.every(({ keys }) => keys.size === 0)) return []
    return [...(sessionOf(token)?.keys.values() ?? [])].flatMap(({ change }) => change ?? [])
  }

  return {
    merge(token) {
      const pending = pendingOf(token)
      if (pending.length === 0 && token.changed.length === 0) return token
      const changed = new Map(token.changed.map((entry) => [entry[0], entry]))
      let { data } = token
      for (const change of pending) {
        const [key, changedAt] = change.entry
        if (changedAt <= (changed.get(key)?.[1] ?? 0) || isOutdated(change, token)) continue
        changed.set(key, change.entry)
        data = withText(data ?? {}, key, change.text)
      }
      const open = [...changed.values()].filter(([key, changedAt]) => changedAt !== stateOf(token, key).settledAt)
      const isSame = data === token.data && open.length === token.changed.length
      return isSame ? token : { ...token, data, changed: open }
    },

    keep(token) {
      note(
        token,
        token.changed.map((entry) => [entry[0], { change: { entry, text: textOf(token.data!, entry[0]) } }]),
      )
    },

    // Skip those that the cookie still has: a store that takes no writes confirms a session, too.
    outdated: (token) => pendingOf(token).filter((change) => isOutdated(change, token) && !hasChange(token, change)),

    settle(token, changed, version) {
      if (changed.length === 0) return
      const edit = ([key, at]: ChangedKey) => [key, { settledAt: Math.max(at, stateOf(token, key).settledAt) }] as const
      note(token, changed.map(edit), version)
    },

    settledAt: (token, key) => stateOf(token, key).settledAt,

    attempted(token, data, changed, base) {
      if (!hasCopies) return
      const edit = ([key, changedAt]: ChangedKey): readonly [string, Partial<KeyState>] => {
        const { attempts } = stateOf(token, key)
        const attempt: Attempt = [digestOf(base, key), digestOf(data, key), changedAt]
        // A failed `session.update` is noted by the update, and by its commit.
        if (attempts.at(-1)?.join() === attempt.join()) return [key, {}]
        return [key, { attempts: [...attempts.slice(1 - maxAttempts), attempt] }]
      }
      note(token, changed.map(edit))
    },

    withAttempts: (token, changed) =>
      changed.map(([key, changedAt, ...stored]) => {
        let replaced: readonly string[] = stored
        for (const [base, sent, sentAt] of stateOf(token, key).attempts)
          if (sentAt <= changedAt && replaced.includes(base)) replaced = addReplaced(replaced, sent)
        return [key, changedAt, ...replaced]
      }),

    wrote(token, version, { set, unset }) {
      if (!hasCopies) return
      const attempted = [...Object.keys(set), ...unset].filter((key) => stateOf(token, key).attempts.length > 0)
      const edits = attempted.map((key) => [key, { attempts: [] }] as const)
      note(token, edits, version)
    },
    isStale: (token) => (sessionOf(token)?.version ?? 0) > token.version,
    nextTime(now, token) {
      // A settled change may be of a server whose clock is ahead. A store that has taken it would ignore an earlier one.
      const states = [...(sessionOf(token)?.keys.values() ?? [])]
      const earlier = states.flatMap(({ settledAt, attempts }) => [settledAt, ...attempts.map(([, , at]) => at)])
      return (lastTime = Math.max(now, 1 + Math.max(lastTime, token.confirmedAt ?? 0, ...earlier)))
    },
  }
}

const isSettled = ({ change, settledAt }: KeyState): boolean => change !== null && change.entry[1] <= settledAt

const isOutdated = ({ entry: [, changedAt] }: PendingChange, { confirmedAt }: Token): boolean =>
  (confirmedAt ?? 0) > changedAt

const hasChange = ({ changed }: Token, { entry: [key, changedAt] }: PendingChange): boolean =>
  changed.some(([own, ownAt]) => own === key && ownAt >= changedAt)

/** Returns how many bytes a key takes at most. A character may take two. */
function weightOf(key: string, { change, attempts }: KeyState): number {
  const characters = key.length + (change?.entry.join('').length ?? 0) + (change?.text?.length ?? 0)
  return keyBytes + 2 * characters + attemptBytes * attempts.length
}

function withText(data: Texts, key: string, text: string | undefined): Texts {
  const copy: Record<string, string> = { ...data }
  if (text === undefined) Reflect.deleteProperty(copy, key)
  else putText(copy, key, text)
  return copy
}

/** Compares in constant time. A cookie from before a renewal must not show changes that were made after it. */
const isHashOf = (secretHash: string, token: Token): boolean => constantTimeEqual(secretHash, hashOf(token))
