import { dataKeysOf } from './session-data.ts'
import type { SessionState } from './state.ts'

/** Node's `util.inspect`, bound to the depth and colors of the console. */
export type Inspect = (value: object, options: object) => string

/** Shows the outcome, the user, the id and the keys of the data, for `console.log`. Logs have many readers, so values and secrets are left out. */
export function inspectSession(state: SessionState, options: object, inspect: Inspect | undefined): unknown {
  const { opening, userId, savedId, context, dataState } = state
  const id = savedId === null ? null : context.publicId(savedId)
  const summary = { outcome: opening.outcome, userId, id, dataKeys: dataKeysOf(dataState) }
  return inspect === undefined ? summary : `Session ${inspect(summary, options)}`
}
