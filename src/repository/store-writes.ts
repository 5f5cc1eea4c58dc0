import { expiresAt, type Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import { isEnding, type Held, type RecordChange } from '../stores/store.ts'
import { createKeyedMutex } from '../util/keyed-mutex.ts'
import { sha256 } from '../util/sha256.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { applyUpdates, exactUpdates, type Updates } from './exact-updates.ts'
import type { SaveResult } from './repository.ts'
import type { StoreContext } from './store-context.ts'
import { tooManyConflictsError } from './store-errors.ts'

/** How often `session.update` is tried again while other requests change the session, before the request fails. */
const maxAttempts = 1000

/** Creates the writes to a record that exists. Each writes only if the session is still the one that the request opened. */
export function createStoreWrites(
  { store, known, lifetimes, codec, pending, onRenew, now }: StoreContext,
  copies: CookieCopies,
) {
  const runExclusive = createKeyedMutex()

  /** Writes the changes of a plan and the last use. */
  async function update(plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    const opened = plan.continuedToken!
    const { id, secret } = opened.identity!
    const held = { secretHash: sha256(secret), userId: opened.userId }
    const change = recordChangeOf(plan, await lastUseOf(plan, moment), lifetimes)
    const updates = exactUpdates(plan, change)
    // Updates of one session run one after another in this process, so that each is tried only once. Another process may still
    // be faster: then the update is tried again.
    const version =
      updates.length === 0
        ? await store.update(id, held, change, moment, (late) => learn(opened, change, late))
        : await store.waitFor(
            () =>
              runExclusive(id, () => updateExactly(id, { ...held, version: opened.version }, change, updates, moment)),
            moment,
          )
    learn(opened, change, version)
    return saveResultOf(plan, version)
  }

  /** Learns from the answer to an update: the session is over, or it has a new secret. */
  function learn(opened: Token, { secretHash }: RecordChange, version: number | null): void {
    if (version === null) return known.addUnknownSecret(opened)
    if (secretHash === undefined) return
    const { id, secret } = opened.identity!
    known.add({ id, isGuest: opened.userId === null, replacedHash: sha256(secret), secretHash })
    onRenew(id, secretHash)
  }

  /** Returns when the session was last used. A request that takes long counts as use until its end. */
  async function lastUseOf({ continuedToken, token }: CommitPlan, moment: LogicalTime): Promise<number> {
    if (token.lastSeenAt === moment.at) return Math.max(moment.at, now())
    // This request does not count as use. Another one may have recorded a later use meanwhile, so do not go back.
    const found = await store.read(continuedToken!.identity!.id, moment)
    return found === null || isEnding(found) ? token.lastSeenAt : Math.max(token.lastSeenAt, found.lastSeenAt)
  }

  /** Writes a change if the version is the one that its values were computed from; otherwise computes them again. */
  async function updateExactly(
    id: string,
    held: Held,
    change: RecordChange,
    updates: Updates,
    moment: LogicalTime,
  ): Promise<number | null> {
    let { version } = held
    let current = change
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const newVersion = await store.update(id, { ...held, version }, current, moment)
      if (newVersion !== null) return newVersion
      const found = await store.read(id, moment)
      if (found === null || isEnding(found) || found.secretHash !== held.secretHash) return null
      version = found.version
      current = applyUpdates(current, updates, found.data, codec)
    }
    throw tooManyConflictsError()
  }

  /** Compares the record's version with the one that this write alone would have given it. */
  function saveResultOf(plan: CommitPlan, version: number | null): SaveResult {
    if (version === null) return 'rejected'
    if (plan.change !== null) pending.wrote(plan.token.identity!.id, version)
    return version === copies.expectedVersionOf(plan) ? 'saved' : 'saved-copy-stale'
  }

  /** Confirms a session whose cookie is written again although nothing changed: it must be alive and have the same secret. */
  async function refresh(plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    const found = await store.read(plan.token.identity!.id, moment)
    const outcome = known.learn(plan.continuedToken!, found)
    if (outcome !== undefined || found === null || isEnding(found)) return 'rejected'
    // A last use in the future comes from a clock that is ahead. Write it again.
    return found.lastSeenAt > moment.at ? update(plan, moment) : saveResultOf(plan, found.version)
  }

  return { update, refresh }
}

function recordChangeOf(
  { type, continuedToken, token, change }: CommitPlan,
  lastSeenAt: number,
  lifetimes: Lifetimes,
): RecordChange {
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
      ...(identity!.id !== continuedToken!.identity!.id && { id: identity!.id }),
    }),
  }
}
