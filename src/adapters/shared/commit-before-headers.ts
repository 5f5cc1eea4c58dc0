import { ServerResponse, type IncomingMessage } from 'node:http'
import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import { allowLateRead } from '../../session/session-access.ts'
import type { Session } from '../../session/session.ts'
import { answerError } from './answer-error.ts'
import { applyHeaders, isUnshared } from './apply-headers.ts'
import { warnOfLostCookies } from './cookie-warning.ts'
import { discard, handleCommitError, isDiscarded, isHiddenOutage, sendOwn } from './failed-commit.ts'
import { freezeHeaders, headersSentError, keepHeaders } from './header-changes.ts'
import {
  connectionInfoOf,
  isUnsharedStart,
  mergeUnavailableHead,
  mergeWriteHead,
  nodeHeaders,
  nodeWouldThrow,
  type ResponseMethod,
} from './node-headers.ts'
import { isEnded, ResponseState, type Committer } from './response-state.ts'

/** Makes a response commit the request's session before its first header leaves. */
export type CommitBeforeHeaders = (
  session: Session<any>,
  request: IncomingMessage,
  response: ServerResponse,
  /** Called if the commit of a complete response failed; must send another response. `null`: we send it. */
  onCommitError: ((error: unknown) => void) | null,
) => ResponseState

const noValues: readonly unknown[] = []

/**
 * Creates the commit step of the adapters for Node's requests and responses. It commits once before a response's first header
 * leaves, whichever call sends it, and adds the commit's headers.
 *
 * Node sends headers inside the first `writeHead`, `write`, `end` or `flushHeaders`, and these are synchronous. If the commit
 * is asynchronous, that call and all later ones are held until it is done.
 *
 *     uncommitted ── first call ──▶ committing ── resolves, or rejects again ──▶ committed
 *                                     │    ▲
 *                        rejects once ▼    │ next call
 *                                     failed
 *
 * A synchronous commit skips `committing`. In `failed`, the response is discarded and another one replaces it. Its first call
 * commits again, as failed, so that a sign-out still takes effect. If the handler had ended its response, the host sends
 * the other one (`passToHost`). Otherwise we do (`replaceResponse`), because we cannot distinguish the handler's further
 * writes from the host's response.
 */
export function commitBeforeHeaders(lifecycle: Committer): CommitBeforeHeaders {
  return function commitLater(session, request, response, onCommitError) {
    const state = new ResponseState(lifecycle, response, request, session, onCommitError)
    install(state)
    return state
  }
}

/**
 * Commits in a hook that a framework calls before it sends a response. The headers are added when they leave, as for any other response. If
 * the commit fails, the framework sends another response, whose own commit is made as failed.
 *
 * @param headers those of the response, as far as the framework has them
 * @throws the error of the commit
 */
export async function commitInHook(state: ResponseState, status: number, headers: object): Promise<void> {
  if (state.phase !== 'uncommitted' && state.phase !== 'failed') return
  const { lifecycle, session, failure } = state
  state.phase = 'committing'
  state.heldCalls = []
  try {
    const result = await lifecycle.commit(session, { failed: failure !== null || status >= 500 })
    allowLateRead(session, () => isUnshared(Object.entries(headers)))
    acceptCommit(state, result)
  } catch (error) {
    state.failure = error
    state.phase = failure === null ? 'failed' : 'committed'
    throw error
  } finally {
    sendHeldCalls(state)
  }
}

/**
 * Replaces the methods that send headers. Bound functions, because with arrow functions Node 24 kept most responses through each small
 * garbage collection until V8 had compiled all code. Without a property for the state, because it takes Express two microseconds.
 */
function install(state: ResponseState): void {
  const { response } = state
  response.writeHead = interceptCall.bind(null, state, 'writeHead')
  response.write = interceptCall.bind(null, state, 'write')
  response.end = interceptCall.bind(null, state, 'end')
  // Not replaced if commits are synchronous, because it calls writeHead and each replacement costs Express microseconds.
  if (!state.lifecycle.isSync) response.flushHeaders = interceptCall.bind(null, state, 'flushHeaders')
}

const interceptCall = (state: ResponseState, name: ResponseMethod, ...values: unknown[]): any =>
  intercept(state, name, values)

function intercept(state: ResponseState, name: ResponseMethod, values: unknown[]): unknown {
  const { response } = state
  if (isDiscarded(state)) return discard(state, name, values)
  const needsCommit = state.phase === 'uncommitted' || state.phase === 'failed'
  if (needsCommit && !nodeWouldThrow(response, name, values) && !startCommit(state, name, values))
    return name === 'write' || response
  if (state.phase === 'committing') {
    if (name === 'writeHead' && state.heldCalls.length > 0) throw headersSentError()
    // Calls after `end` are not held, because Node would then emit an error that ends the process.
    if (isEnded(state)) return discard(state, name, values)
    state.heldCalls.push([name, values])
    return name !== 'write' && response
  }
  // `write` and `end` call writeHead too. Headers are merged only here, because middleware may add headers until then.
  if (name === 'writeHead' && !response.headersSent) {
    if (isHiddenOutage(state, values[0])) return sendHead(state, mergeUnavailableHead(response, values))
    if (state.committed !== emptyCommit) return sendHead(state, mergeWriteHead(response, values))
  }
  return state[name].apply(response, values)
}

/** Sends the headers, ours last, because middleware in front of us may change them in its `writeHead`. */
function sendHead({ response, committed, writeHead }: ResponseState, head: unknown[]): unknown {
  applyHeaders(nodeHeaders, response, committed)
  if (writeHead === ServerResponse.prototype.writeHead) return writeHead.apply(response, head)
  const applyOurs = () => applyHeaders(nodeHeaders, response, committed)
  return keepHeaders(response, applyOurs, () => writeHead.apply(response, head))
}

/** Starts the commit. Returns whether the call that caused it proceeds, now or later; `false` if the commit failed. */
function startCommit(state: ResponseState, name: ResponseMethod, values: unknown[]): boolean {
  const { lifecycle, session, response, failure } = state
  const head = name === 'writeHead' ? values : noValues
  const status = Number(head[0] ?? response.statusCode)
  let result
  try {
    result = lifecycle.commit(session, { failed: failure !== null || status >= 500 })
    // Socket.IO, for example, calls the application after it has responded to the handshake.
    allowLateRead(session, () => isUnsharedStart(response, head))
  } catch (error) {
    handleCommitError(state, error, name === 'end')
    return false
  }
  if (result instanceof Promise) void awaitCommit(state, result)
  else acceptCommit(state, result)
  return true
}

function acceptCommit(state: ResponseState, result: CommitResult): void {
  state.committed = result.isPrivate || result.cookies.length > 0 ? result : emptyCommit
  state.phase = 'committed'
  warnOfLostCookies(result.cookies, () => connectionInfoOf(state.request))
}

async function awaitCommit(state: ResponseState, result: Promise<CommitResult>): Promise<void> {
  state.phase = 'committing'
  state.heldCalls = []
  const resume = freezeHeaders(state.response, () => isEnded(state))
  let value
  try {
    value = await result
  } catch (error) {
    const ended = isEnded(state)
    resume()
    state.heldCalls = []
    return handleCommitError(state, error, ended)
  }
  resume()
  acceptCommit(state, value)
  sendOwn(state, () => sendHeldCalls(state))
}

function sendHeldCalls(state: ResponseState): void {
  const { response, heldCalls } = state
  state.heldCalls = []
  try {
    for (const [name, values] of heldCalls) intercept(state, name, values)
    // A held `write` returned false, so its caller waits for `drain`.
    if (heldCalls.some(([name]) => name === 'write') && !response.writableNeedDrain) response.emit('drain')
  } catch (error) {
    answerError(response, error)
  }
}
