import { SojournError } from '../core/errors.ts'
import { expiresAt } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { putText, textOf } from '../core/texts.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import { isEnding, type RecordChange } from '../stores/store.ts'
import { createKeyedMutex } from '../util/keyed-mutex.ts'
import { sha256 } from '../util/sha256.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { matchesSecret } from './record.ts'
import type { SaveResult } from './repository.ts'
import type { StoreContext } from './store-context.ts'

/** How often a value is changed anew, where others change it all the time, before the request fails. */
const maxAttempts = 1000

/** Writes what a request did with a session that the store has, if that is still what the request opened. */
export function createStoreWrites({ store, lifetimes, codec, onRenew, now }: StoreContext, copies: CookieCopies) {
  const runExclusive = createKeyedMutex()

  /** The change of a record that a step makes. */
  function recordChangeOf({ type, openedToken, token, change }: CommitPlan, lastSeenAt: number): RecordChange {
    const { identity, signedInAt, remember, label } = token
    return {
      set: change?.set ?? {},
      unset: change?.unset ?? [],
      lastSeenAt,
      expiresAt: expiresAt(token, lifetimes, lastSeenAt),
      ...(type === 'renewed' && {
        secretHash: sha256(identity!.secret),
        signedInAt: signedInAt ?? undefined,
        remember,
        label,
        ...(identity!.id !== openedToken!.identity!.id && { id: identity!.id }),
      }),
    }
  }

  /** When the session was last used: now, since a request that took its time is use as long as it lasts; or by others, meanwhile. */
  async function lastUseOf({ openedToken, token }: CommitPlan, { at }: LogicalTime): Promise<number> {
    if (token.lastSeenAt === at) return Math.max(at, now())
    const found = await store.read(openedToken!.identity!.id)
    return found === null || isEnding(found) ? token.lastSeenAt : Math.max(token.lastSeenAt, found.lastSeenAt)
  }

  /** Writes what a step changes, and that the session is in use. */
  async function update(plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    const opened = plan.openedToken!
    const held = { secretHash: sha256(opened.identity!.secret), userId: opened.userId }
    const { id } = opened.identity!
    const change = recordChangeOf(plan, await lastUseOf(plan, moment))
    const unset = new Set(change.unset)
    const updates = [...plan.updates].filter(
      ([key, { lastText }]) => (textOf(change.set, key) ?? (unset.has(key) ? '' : null)) === lastText,
    )
    if (updates.length === 0) return saveResultOf(plan, await store.update(id, held, change), change)

    // One after another in this process, so that each is tried once; of several processes, the slower tries again.
    return runExclusive(id, async () => {
      let { version } = opened
      const set = { ...change.set }
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const newVersion = await store.update(id, { ...held, version }, { ...change, set, unset: [...unset] })
        if (newVersion !== null) return saveResultOf(plan, newVersion, change)
        const found = await store.read(id)
        if (found === null || isEnding(found) || found.secretHash !== held.secretHash) return 'rejected'
        version = found.version
        for (const [key, { functions }] of updates) {
          const text = textOf(found.data, key)
          const value = functions.reduce(
            (before, each) => each(before),
            text === undefined ? undefined : codec.parse(text),
          )
          Reflect.deleteProperty(set, key)
          unset.delete(key)
          if (value === undefined) unset.add(key)
          else putText(set, key, codec.stringify(value, key, text))
        }
      }
      throw new SojournError('ERR_SESSION_UNAVAILABLE', 'Too many requests change one session at once.')
    })
  }

  /** What became of a step, by the version that the record has then: that of its copy, or one that another request wrote meanwhile. */
  function saveResultOf(
    plan: CommitPlan,
    version: number | null,
    { secretHash }: Partial<RecordChange> = {},
  ): SaveResult {
    if (version === null) return 'rejected'
    if (secretHash !== undefined) onRenew(plan.openedToken!.identity!.id, secretHash)
    return version === copies.expectedVersionOf(plan) ? 'saved' : 'saved-copy-stale'
  }

  /** Writes a cookie anew, whose session is as it was: still, and not for who lost it meanwhile. */
  async function refresh(plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    const found = await store.read(plan.token.identity!.id)
    if (found === null || isEnding(found) || !matchesSecret(found, plan.openedToken!)) return 'rejected'
    return found.lastSeenAt > moment.at ? update(plan, moment) : saveResultOf(plan, found.version)
  }

  return { update, refresh }
}
