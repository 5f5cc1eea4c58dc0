import type { CreateResult, SessionStore } from '../store.ts'
import { packEnding, packRecord } from './packed-entry.ts'
import * as scripts from './scripts/create.ts'
import type { WriteContext } from './write-context.ts'

/** From this limit on, the script gets the ending only if it needs it, because few users have so many sessions. */
const highLimit = 100

/** Creates the store's `create`. */
export function createCreate(context: WriteContext): SessionStore['create'] {
  const { runScript, unitKey, beginWrite, createStamp, wordsOf } = context
  return async (record, { openedAt, beganAt, limit } = {}, givenUntil) => {
    const { until, opened } = openedBefore(openedAt, givenUntil)
    const write = beginWrite(until)
    const key = unitKey(record)
    const words = wordsOf(record.id, createStamp(), opened, limit?.max, ...(beganAt === undefined ? [] : [beganAt]))
    const values = [packRecord(record)]
    const ending = limit?.ending == null ? [] : [packEnding(limit.ending)]
    const isHigh = limit !== undefined && limit.max >= highLimit
    let reply = await runScript(scripts.create, key, until, words, isHigh ? values : [...values, ...ending], write)
    if (isHigh && ending.length > 0 && String(reply[0]) === 'full') {
      reply = await runScript(scripts.create, key, until, words, [...values, ...ending], write)
    }
    const [result = 'created', ended = []] = reply
    if (String(result) === 'created') write.checkAcknowledged()
    return { result: String(result) as CreateResult['result'], ended: (ended as unknown[]).map(String) }
  }
}

/** How long a call may take that has no deadline, in milliseconds. */
const longestCallMs = 60_000

/**
 * Returns how long before the deadline a request was opened, in milliseconds. Rounded up, because it may count as opened earlier,
 * and not later. The script compares with the deadline rather than with its own time, because the call may be under way for long.
 */
export function openedBefore(openedAt: number | undefined, until: number | undefined) {
  if (openedAt === undefined) return { until, opened: undefined }
  const deadline = until ?? Date.now() + longestCallMs
  return { until: deadline, opened: Math.ceil(deadline - Date.now() + performance.now() - openedAt) }
}
