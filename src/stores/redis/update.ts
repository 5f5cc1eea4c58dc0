import { escapeText } from '../shared/escape-text.ts'
import { encodeNotice } from '../shared/notice-text.ts'
import type { Held, RecordChange, SessionStore } from '../store.ts'
import { encodeChange } from './hash-fields.ts'
import { keyTtl } from './key-ttl.ts'
import { beginWithoutWaiting, type DurableWrite } from './replicas/durability.ts'
import * as scripts from './scripts.ts'
import type { WriteContext } from './write-context.ts'

/** One update of one record. */
interface Update {
  readonly key: string
  readonly ttlMs: number
  readonly until: number | undefined
  readonly write: DurableWrite
}

/**
 * Creates the store's `update`. Only changes with a new secret (a renewal) wait for replicas.
 *
 * A renewal invalidates the old cookie, and the user gets the new one only if the call succeeds. So it first checks that the
 * replicas answer. If they fail after the renewal was written, it restores the old secret.
 */
export function createUpdate(context: WriteContext): SessionStore['update'] {
  const { connection, sessionPrefix, runScript, userIndex, beginWrite, callId } = context
  const beginChange = beginWithoutWaiting(connection)

  return async (id, held, change, until) => {
    const isRenewal = change.secretHash !== undefined
    const write = isRenewal ? beginWrite(until) : beginChange(until)
    const update: Update = {
      key: sessionPrefix + id,
      ttlMs: keyTtl(change.expiresAt - change.lastSeenAt),
      until,
      write,
    }
    const replacesSecret = write.waitsForReplicas && change.secretHash !== held.secretHash
    const oldFields = replacesSecret ? await checkReplicas(update, held) : null
    const values = updateValues(id, held, change, callId())

    const runUpdate = async (indexedUntil: string) =>
      runScript(scripts.update, update.key, until, update.ttlMs, [...heldValues(held), indexedUntil, ...values], write)
    let [version, user] = await runUpdate('')
    if (String(version) === 'index') {
      const putEntry = write.waitsForReplicas ? userIndex.add : userIndex.extend
      ;[version, user] = await runUpdate(await putEntry(String(user), id, update.ttlMs, until))
    }
    if (version == null) return null
    if (oldFields !== null && !write.isAcknowledged) {
      const newHash = change.secretHash!
      const notice = renewalNotice(id, { ...held, secretHash: newHash }, held.secretHash)
      await undoRenewal(update, newHash, notice, oldFields)
    }
    write.checkAcknowledged()
    return Number(version)
  }

  /**
   * Checks that the replicas answer, by a write that changes nothing. Resolves to the fields that undo a renewal.
   *
   * @throws `TooFewReplicas` if they do not answer
   */
  async function checkReplicas({ key, ttlMs, until, write }: Update, { secretHash }: Held): Promise<string[]> {
    const [signedInAt] = await runScript(scripts.rewriteUnchanged, key, until, ttlMs, [], write)
    write.checkAcknowledged()
    const secretFields = ['secretHash', escapeText(secretHash)]
    return signedInAt == null ? secretFields : [...secretFields, 'signedInAt', String(signedInAt)]
  }

  /** Restores the old secret. There is no deadline, because the caller does not wait for this. Errors are ignored. */
  async function undoRenewal(
    { key, ttlMs }: Update,
    newHash: string,
    notice: string,
    oldFields: string[],
  ): Promise<void> {
    const fields = [...callId(), ...oldFields]
    const values = [escapeText(newHash), '', '0', '0', String(fields.length), notice, ...fields]
    await runScript(scripts.update, key, undefined, ttlMs, values).catch(() => {})
  }
}

/** ARGV[3] and ARGV[4] of the script. */
const heldValues = ({ secretHash, version }: Held): string[] => [
  escapeText(secretHash),
  version === undefined ? '' : String(version),
]

/** ARGV[6] and the following of the script. */
function updateValues(id: string, held: Held, change: RecordChange, callId: string[]): string[] {
  const { put, removed, isNewer } = encodeChange(change)
  const fields = [...callId, ...put]
  const notice = change.secretHash === undefined ? '' : renewalNotice(id, held, change.secretHash)
  return [isNewer ? '1' : '0', String(fields.length), notice, ...fields, ...removed]
}

const renewalNotice = (id: string, { secretHash: replacedHash, userId }: Held, secretHash: string): string =>
  encodeNotice({ id, isGuest: userId === null, replacedHash, secretHash })
