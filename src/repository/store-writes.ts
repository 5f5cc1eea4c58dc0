import type { Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { Held, RecordChange, SessionRecord } from '../stores/store.ts'
import { createKeyedMutex } from '../util/keyed-mutex.ts'
import { andThen, type MaybePromise } from '../util/maybe-promise.ts'
import { orElse } from '../util/store-answers.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { applyUpdates, exactUpdates, type Updates } from './exact-updates.ts'
import { hashOf, keyOf, storeExpiry } from './record.ts'
import type { SaveResult } from './repository.ts'
import type { StoreContext } from './store-context.ts'
import { tooManyConflictsError } from './store-errors.ts'

/** How often `session.update` is tried again while other requests change the session, before the request fails. */
const maxAttempts = 1000

/**
 * Creates the writes to a record that exists. Each writes only if the session is still the one that the request opened.
 * One closure, because all writes to a session take turns by the same mutex.
 */
export function createStoreWrites(
  { store, known, readAndLearn, lifetimes, codec, pending, onRenew, now }: StoreContext,
  copies: CookieCopies,
) {
  const runExclusive = createKeyedMutex()

  /** Writes the changes of a plan and the last use. */
  function update(plan: CommitPlan, moment: LogicalTime): MaybePromise<SaveResult> {
    // A request that takes long counts as use until its end.
    const lastSeenAt = isUse(plan, moment) ? Math.max(moment.at, now()) : lastUseOf(plan, moment)
    return andThen(lastSeenAt, (usedAt) => updateAt(plan, usedAt, moment))
  }

  function updateAt(plan: CommitPlan, lastSeenAt: number, moment: LogicalTime): MaybePromise<SaveResult> {
    const opened = plan.continuedToken!
    const { id } = opened.identity!
    const record = opened.record as SessionRecord | undefined
    // The record that opened the session has the hash of this secret.
    const held = { secretHash: record?.secretHash ?? hashOf(opened), userId: opened.userId, record }
    const change = recordChangeOf(plan, lastSeenAt, lifetimes)
    const updates = exactUpdates(plan, change)
    // Updates of one session run one after another in this process, so that each is tried only once. Another process may still
    // be faster: then the update is tried again.
    const version =
      updates.length === 0
        ? updateAndLearn(opened, held, change, moment)
        : store.waitFor(
            () => runExclusive(id, async () => updateExactly(opened, held, change, updates, moment)),
            moment,
          )
    return andThen(version, (written) => saveResultOf(plan, written))
  }

  /** Updates a record, and learns from the answer, also from a late one: the session is over, or it has a new secret. */
  function updateAndLearn(
    token: Token,
    held: Held,
    change: RecordChange,
    moment: LogicalTime,
  ): MaybePromise<number | null> {
    const key = keyOf(token)
    const { id } = key
    const session = { id, isGuest: key.userId === null }
    const { secretHash } = change
    const learn = (version: number | null): number | null => {
      // If a version was expected, the record may only have another one.
      if (version === null && held.version === undefined) known.addUnknown(session, [held.secretHash])
      if (version === null || secretHash === undefined) return version
      known.add({ ...session, replacedHash: held.secretHash, secretHash })
      onRenew(id, secretHash)
      return version
    }
    return andThen(store.update(key, held, change, moment, learn), learn)
  }

  /** Returns the last use before this request, which is not a use. Another one may have recorded a later use meanwhile, so do not go back. */
  async function lastUseOf({ continuedToken, token }: CommitPlan, moment: LogicalTime): Promise<number> {
    const found = await readAndLearn(continuedToken!, moment)
    const isLive = found !== null && typeof found === 'object'
    return isLive ? Math.max(token.lastSeenAt, found.lastSeenAt) : token.lastSeenAt
  }

  /** Writes a change if the version is the one that its values were computed from; otherwise computes them again. */
  async function updateExactly(
    opened: Token,
    held: Held,
    change: RecordChange,
    updates: Updates,
    moment: LogicalTime,
  ): Promise<number | null> {
    const changed = updates.map(([key]) => [key, moment.at] as const)
    let { record } = held
    let current = change
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // The version of a cookie's copy is not enough. After a failover, another state of the session may have it.
      if (record) {
        const { version, data } = record
        const answer = updateAndLearn(opened, { ...held, version, record }, current, moment)
        const newVersion = await orElse(answer, (error) => {
          pending.attempted(opened, current.set, changed, data)
          throw error
        })
        if (newVersion !== null) return newVersion
      }
      const found = await readAndLearn(opened, moment)
      if (found === null || typeof found === 'string') return null
      record = found
      current = applyUpdates(current, updates, found.data, codec)
    }
    throw tooManyConflictsError()
  }

  /** Compares the record's version with the one that this write alone would have given it. */
  function saveResultOf(plan: CommitPlan, version: number | null): SaveResult {
    if (version === null) return 'rejected'
    if (plan.change !== null) pending.wrote(plan.token, version, plan.change)
    return version === copies.expectedVersionOf(plan) ? 'saved' : 'saved-copy-stale'
  }

  /** Confirms a session whose cookie is written again although nothing changed: it must be alive and have the same secret. */
  async function refresh(plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    const found = await readAndLearn(plan.continuedToken!, moment)
    if (found === null || typeof found === 'string') return 'rejected'
    // A last use in the future comes from a clock that is ahead. Write it again. A request that is no use writes nothing: it could
    // replace a later use.
    const isAhead = found.lastSeenAt > moment.at
    return isAhead && isUse(plan, moment) ? update(plan, moment) : saveResultOf(plan, found.version)
  }

  return { update, refresh }
}

/** Whether a request uses its session. One in the background does not. */
export const isUse = ({ token }: CommitPlan, { at }: LogicalTime): boolean => token.lastSeenAt === at

function recordChangeOf(
  { type, continuedToken, token, change }: CommitPlan,
  lastSeenAt: number,
  lifetimes: Lifetimes,
): RecordChange {
  const { identity, signedInAt, remember, label, idleTimeout, absoluteTimeout, methods } = token
  return {
    set: change?.set ?? {},
    unset: change?.unset ?? [],
    lastSeenAt,
    expiresAt: storeExpiry(token, lifetimes, lastSeenAt),
    ...(type === 'renewed' && {
      secretHash: hashOf(token),
      signedInAt: signedInAt ?? undefined,
      remember,
      label,
      idleTimeout,
      absoluteTimeout,
      methods,
      ...(identity!.id !== continuedToken!.identity!.id && { id: identity!.id }),
    }),
  }
}
