import type { Copies } from './cookie-copy.ts'
import { SojournError } from '../core/errors.ts'
import { sha256 } from '../util/sha256.ts'
import type { Verdict } from './repository.ts'
import { endIfUnused } from '../core/lifetime.ts'
import type { Moment } from '../core/logical-time.ts'
import type { Presence } from './store-context.ts'
import { isHeldBy } from './record.ts'
import type { Step } from '../session/state.ts'
import { isEnding, type RecordChange } from '../stores/store.ts'
import { putText, textOf } from '../core/texts.ts'
import { createTurns } from '../util/keyed-mutex.ts'

/** How often a value is changed anew, where others change it all the time, before the request fails. */
const tries = 1000

/** Writes what a request did with a session that the store has, if that is still what the request opened. */
export function createChanges({ store, lifetimes, codec, renewed, now }: Presence, copies: Copies) {
  const inTurn = createTurns()

  /** The change of a record that a step makes. */
  function changeOf({ type, opened, token, change }: Step, lastSeenAt: number): RecordChange {
    const { identity, signedInAt, remember, label } = token
    return {
      set: change?.set ?? {},
      unset: change?.unset ?? [],
      lastSeenAt,
      expiresAt: endIfUnused(token, lifetimes, lastSeenAt),
      ...(type === 'renewed' && {
        secretHash: sha256(identity!.secret),
        signedInAt: signedInAt ?? undefined,
        remember,
        label,
        ...(identity!.id !== opened!.identity!.id && { id: identity!.id }),
      }),
    }
  }

  /** When the session was last used: now, since a request that took its time is use as long as it lasts; or by others, meanwhile. */
  async function lastUse({ opened, token }: Step, { at }: Moment): Promise<number> {
    if (token.lastSeenAt === at) return Math.max(at, now())
    const found = await store.read(opened!.identity!.id)
    return found === null || isEnding(found) ? token.lastSeenAt : Math.max(token.lastSeenAt, found.lastSeenAt)
  }

  /** Writes what a step changes, and that the session is in use. */
  async function update(step: Step, moment: Moment): Promise<Verdict> {
    const opened = step.opened!
    const held = { secretHash: sha256(opened.identity!.secret), userId: opened.userId }
    const { id } = opened.identity!
    const change = changeOf(step, await lastUse(step, moment))
    const unset = new Set(change.unset)
    const updates = [...step.updates].filter(
      ([key, { text }]) => (textOf(change.set, key) ?? (unset.has(key) ? '' : null)) === text,
    )
    if (updates.length === 0) return verdictOf(step, await store.update(id, held, change), change)

    // One after another in this process, so that each is tried once; of several processes, the slower tries again.
    return inTurn(id, async () => {
      let { version } = opened
      const set = { ...change.set }
      for (let tried = 0; tried < tries; tried++) {
        const kept = await store.update(id, { ...held, version }, { ...change, set, unset: [...unset] })
        if (kept !== null) return verdictOf(step, kept, change)
        const found = await store.read(id)
        if (found === null || isEnding(found) || found.secretHash !== held.secretHash) return 'refused'
        version = found.version
        for (const [key, { changes }] of updates) {
          const text = textOf(found.data, key)
          const value = changes.reduce(
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
  function verdictOf(step: Step, version: number | null, { secretHash }: Partial<RecordChange> = {}): Verdict {
    if (version === null) return 'refused'
    if (secretHash !== undefined) renewed(step.opened!.identity!.id, secretHash)
    return version === copies.versionOf(step) ? 'kept' : 'behind'
  }

  /** Writes a cookie anew, whose session is as it was: still, and not for who lost it meanwhile. */
  async function refresh(step: Step, moment: Moment): Promise<Verdict> {
    const found = await store.read(step.token.identity!.id)
    if (found === null || isEnding(found) || !isHeldBy(found, step.opened!)) return 'refused'
    return found.lastSeenAt > moment.at ? update(step, moment) : verdictOf(step, found.version)
  }

  return { update, refresh }
}
