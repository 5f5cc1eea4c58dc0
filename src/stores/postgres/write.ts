import type { ServerClock } from '../shared/server-clock.ts'
import { TooLate } from '../store.ts'
import { tooLateMarker } from './sql-parts.ts'
import type { WriteReply } from './statements.ts'
import type { RunQuery, Value } from './types.ts'

/**
 * Runs a write before `until`, in epoch milliseconds, or not at all. Resolves to {@link WriteReply.wrote}.
 *
 * @param toValues gets `until` by the server's clock, and returns the statement's parameters
 * @throws `TooLate` if the deadline passed; nothing was written then
 */
export type Write = <Wrote = number>(
  text: string,
  until: number | undefined,
  toValues: (deadline: number | null) => Value[],
) => Promise<Wrote | null>

export function createWrite(run: RunQuery, clock: ServerClock): Write {
  return async <Wrote>(text: string, until: number | undefined, toValues: (deadline: number | null) => Value[]) => {
    const deadline = until === undefined ? null : await clock.toServerTime(until)
    const sentAt = performance.now()
    try {
      const [reply] = await run<WriteReply<Wrote>>(text, toValues(deadline))
      const { wrote, now } = reply!
      clock.observe(now, sentAt)
      // Below zero means that nothing was written, because the session had ended before.
      const isWritten = wrote !== null && !(Number(wrote) < 0)
      if (isWritten || deadline === null || now < deadline) return wrote
    } catch (error) {
      if (!String(error).includes(tooLateMarker)) throw error
    }
    throw new TooLate('Postgres received this write after its deadline, and did not apply it.')
  }
}
