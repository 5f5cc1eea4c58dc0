import type { Cutoff, SessionStore } from '../store.ts'
import { openedBefore } from './create.ts'
import { cutoffField, packEnding } from './packed-entry.ts'
import * as scripts from './scripts/end.ts'
import type { WriteContext } from './write-context.ts'

/** Creates the store's `end` and `endAll`. */
export function createEnds(context: WriteContext): Pick<SessionStore, 'end' | 'endAll'> {
  const { runScript, unitKey, beginWrite, createStamp, wordsOf } = context
  return {
    async end(key, ending, until) {
      const write = beginWrite(until)
      const words = wordsOf(key.id, createStamp())
      const [ended] = await runScript(scripts.end, unitKey(key), until, words, [packEnding(ending)], write)
      if (Number(ended) === 1) return write.isAcknowledged || 'unconfirmed'
      // The session had ended before. A caller that repeats the call needs to know whether replicas have the ending.
      write.checkAcknowledged()
      return false
    },

    async endAll(userId, ending, except, givenUntil) {
      const { until, opened } = openedBefore(except?.openedAt, givenUntil)
      const write = beginWrite(until)
      const id = except?.id ?? cutoffField
      const words = wordsOf(id, createStamp(), opened)
      const values = [packEnding(ending), String(ending.expiresAt)]
      const [done, ended, at] = await runScript(scripts.endAll, unitKey({ id, userId }), until, words, values, write)
      const ids = (ended as unknown[]).map(String)
      if (Number(done) !== 1) return { isDone: false, ended: ids, isConfirmed: true }
      if (write.isAcknowledged) return { isDone: true, ended: ids, isConfirmed: true }
      const cutoff: Cutoff = { at: Number(at), spared: except?.id ?? null, expiresAt: ending.expiresAt }
      return { isDone: true, ended: ids, isConfirmed: false, cutoff }
    },
  }
}
