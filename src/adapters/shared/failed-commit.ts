import { threwUnavailable } from '../../session/session-unavailable.ts'
import { Session, stateOf } from '../../session/session.ts'
import { answerError, errorStatus, isErrorAnswer } from './answer-error.ts'
import { wrapHeaderChanges } from './header-changes.ts'
import { removeEntityHeaders, type ResponseMethod } from './node-headers.ts'
import type { ResponseState } from './response-state.ts'

/** The time that the host has to start its response to an error. Error pages that are rendered need less. */
const hostTimeoutMs = 1000

/** Whether a response has 500 although the session threw `ERR_SESSION_UNAVAILABLE`: some hosts respond to every error with 500. */
export function isHiddenOutage({ session, response, failure }: ResponseState, status: unknown): boolean {
  const isTheirs = Number(status) === 500 && failure === null && !isErrorAnswer(response)
  // A drop-in has sessions of another library, and answers an outage itself.
  return isTheirs && session instanceof Session && threwUnavailable(stateOf(session))
}

/** Discards the response whose commit failed, and lets the host or us replace it. `ended`: the handler had ended it. */
export function handleCommitError(state: ResponseState, error: unknown, ended: boolean): void {
  const { response } = state
  const failedBefore = state.failure !== null
  state.failure = error
  state.phase = failedBefore ? 'committed' : 'failed'
  if (response.headersSent) return answerError(response, error)
  removeEntityHeaders(response)
  if (ended && !failedBefore) passToHost(state, error)
  else replaceResponse(state, error)
}

/** Lets the host respond, after all that the handler still does at once: its second `end` would look like the host's. */
function passToHost(state: ResponseState, error: unknown): void {
  state.ignoreHandler = true
  setImmediate(() => {
    state.ignoreHandler = false
    // If the handler calls `end` again later, the response must still not look successful.
    state.response.statusCode = errorStatus(error)
    try {
      if (state.onCommitError === null) answerError(state.response, error)
      else state.onCommitError(error)
    } catch (thrown) {
      replaceResponse(state, thrown)
    }
    if (state.phase === 'failed') setTimeout(respondForHost, hostTimeoutMs, state, error)
  })
}

/** Responds if the host did not. A host whose `next` settles a promise drops the error, because it called `next` before. */
function respondForHost(state: ResponseState, error: unknown): void {
  if (state.phase !== 'failed') return
  // An error handler that responds later must not throw, because its caller may not catch that.
  wrapHeaderChanges(state.response, (change) => (state.isSendingOwn ? change() : state.response))
  replaceResponse(state, error)
}

function replaceResponse(state: ResponseState, error: unknown): void {
  state.replacedByUs = true
  sendOwn(state, () => answerError(state.response, error))
}

/** Runs calls of our own, which are not discarded. */
export function sendOwn(state: ResponseState, send: () => void): void {
  const wasSendingOwn = state.isSendingOwn
  state.isSendingOwn = true
  send()
  state.isSendingOwn = wasSendingOwn
}

/** Whether calls come too late, because another response replaces the one that they change. */
export const isDiscarded = (state: ResponseState): boolean =>
  state.ignoreHandler || (state.replacedByUs && !state.isSendingOwn)

/** Answers a call whose response is replaced by another one. */
export function discard({ response, failure }: ResponseState, name: ResponseMethod, values: unknown[]): unknown {
  const callback = values.at(-1)
  if (typeof callback === 'function') process.nextTick(callback, failure)
  return name === 'write' || response
}
