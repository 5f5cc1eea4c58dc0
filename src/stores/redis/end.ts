import type { SessionStore } from '../store.ts'
import { encodeEnding } from './hash-fields.ts'
import { keyTtl } from './key-ttl.ts'
import * as scripts from './scripts.ts'
import type { WriteContext } from './write-context.ts'

/** Creates the store's `end`. */
export function createEnd({
  sessionPrefix,
  runScript,
  userIndex,
  beginWrite,
  callId,
}: WriteContext): SessionStore['end'] {
  return async (id, ending, until) => {
    const ttlMs = keyTtl(ending.expiresAt - ending.endedAt)
    const write = beginWrite(until)
    const fields = [...callId(), ...encodeEnding(id, ending)]
    const [ended, user] = await runScript(scripts.end, sessionPrefix + id, until, ttlMs, fields, write)
    if (user != null) userIndex.remove(String(user), id)
    if (Number(ended) === 1) return write.isAcknowledged || 'unconfirmed'
    // The session had ended before. A caller that repeats the call needs to know whether replicas have the ending.
    write.checkAcknowledged()
    return false
  }
}
