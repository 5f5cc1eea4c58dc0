import { optionsError } from '../../core/errors.ts'
import type { LogicalTime } from '../../core/logical-time.ts'
import { toUnavailable } from '../../repository/store-errors.ts'
import { createDeadlineCall } from '../../util/deadline-call.ts'
import { orElse } from '../../util/store-answers.ts'

/** A store of the former library, whose sessions are taken over. */
export interface FormerStore {
  /** Reads a session. */
  get(id: string, callback: (error?: any, session?: any) => void): unknown
  /** Ends a session. Without it, sign-outs do not reach the store. */
  destroy?(id: string, callback?: (error?: any) => void): unknown
}

/** @throws `ERR_OPTIONS` if the option `from` is no store of the former library */
export function checkFormerStore(from: unknown): void {
  if (from !== undefined && typeof Object(from).get !== 'function')
    throw optionsError('from must be the store that the former library had, with its function get.')
}

/** Reads a session of the former store; `null` if it has none. */
export type ReadFormer = (id: string, moment: LogicalTime) => Promise<Record<string, any> | null>

/** @param timeoutSeconds how long to wait for an answer, in seconds. Then reading throws `ERR_SESSION_UNAVAILABLE` */
export function createReadFormer(store: FormerStore, timeoutSeconds: number): ReadFormer {
  const name = 'The former session store'
  const callInTime = createDeadlineCall(timeoutSeconds, { name })
  return async (id, moment) =>
    orElse(
      callInTime(async () => read(store, id), moment),
      (error) => toUnavailable(error, name),
    )
}

async function read(store: FormerStore, id: string): Promise<Record<string, any> | null> {
  return new Promise((resolve, reject) => {
    store.get(id, (error, session) => {
      // Stores of files call a missing file an error.
      if (error && error.code !== 'ENOENT') reject(error)
      else resolve(error ? null : (session ?? null))
    })
  })
}

/** Ends a session of the former store as well, so that servers which still use it do not open it. A failure only leaves it there. */
export function endFormer(store: FormerStore, id: string): void {
  try {
    store.destroy?.(id, () => {})
  } catch {}
}
