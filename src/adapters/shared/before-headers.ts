import { ServerResponse } from 'node:http'
import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import { answerError, errorStatus } from './answer-error.ts'
import { applyHeaders } from './apply-headers.ts'
import { freezeHeaders, headersSentError, keepHeaders, wrapHeaderChanges } from './header-changes.ts'
import {
  mergeWriteHead,
  nodeHeaders,
  nodeWouldThrow,
  removeEntityHeaders,
  type ResponseMethod,
} from './node-headers.ts'

/** The time that the host has to start its response to an error. Error pages that are rendered need less. */
const hostTimeoutMs = 1000

const noValues: readonly unknown[] = []

/** The callbacks of `beforeHeaders`. */
export interface CommitHooks {
  /** Whether `commit` always returns its result synchronously. */
  readonly isSync: boolean
  /**
   * Commits the request's session. `failed`: the request failed, so only a sign-out and the last use are saved. `head` is what
   * was passed to `writeHead`, if that is the first call.
   */
  commit(failed: boolean, head: readonly unknown[]): CommitResult | Promise<CommitResult>
  /** Called if the commit of a complete response failed. The host should send another response, which is committed as failed. */
  onCommitError(error: unknown): void
  /** Called with the `Set-Cookie` values, after the commit and before they are sent. */
  onCookiesSent(cookies: readonly string[]): void
}

/**
 * Commits once before a response's first header leaves, whichever call sends it, and adds the commit's headers.
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
 *
 * It is one closure, because all its functions share the state below.
 */
export function beforeHeaders(
  response: ServerResponse,
  { isSync, commit, onCommitError, onCookiesSent }: CommitHooks,
): void {
  const { writeHead, write, end, flushHeaders } = response
  const originals = { writeHead, write, end, flushHeaders } as Record<ResponseMethod, (...values: any[]) => unknown>
  const heldCalls: [ResponseMethod, unknown[]][] = []
  let phase: 'uncommitted' | 'committing' | 'failed' | 'committed' = 'uncommitted'
  let committed = emptyCommit
  /** The error of the last failed commit. Later commits are made as failed. */
  let failure: unknown = null
  /** Whether we sent the response. Then all calls are discarded except our own, during which `isSendingOwn` is true. */
  let replacedByUs = false
  let isSendingOwn = false
  /** Whether calls are discarded until the host has the error, because they come from the handler. */
  let ignoreHandler = false
  const applyOurs = () => applyHeaders(nodeHeaders, response, committed)

  response.writeHead = (...values: unknown[]) => intercept('writeHead', values) as ServerResponse
  response.write = (...values: unknown[]) => intercept('write', values) as boolean
  response.end = (...values: unknown[]) => intercept('end', values) as ServerResponse
  // Not replaced if commits are synchronous, because it calls writeHead and each replacement costs Express microseconds.
  if (!isSync) response.flushHeaders = () => void intercept('flushHeaders', [])

  function intercept(name: ResponseMethod, values: unknown[]): unknown {
    if (ignoreHandler || (replacedByUs && !isSendingOwn)) return discard(name, values)
    const needsCommit = phase === 'uncommitted' || phase === 'failed'
    if (needsCommit && !nodeWouldThrow(response, name, values) && !startCommit(name, values))
      return name === 'write' || response
    if (phase === 'committing') {
      if (name === 'writeHead' && heldCalls.length > 0) throw headersSentError()
      // Calls after `end` are not held, because Node would then emit an error that ends the process.
      if (isEnded()) return discard(name, values)
      heldCalls.push([name, values])
      return name !== 'write' && response
    }
    // `write` and `end` call writeHead too. Headers are merged only here, because middleware may add headers until then.
    if (name === 'writeHead' && committed !== emptyCommit && !response.headersSent) {
      return sendHead(mergeWriteHead(response, values))
    }
    return originals[name].apply(response, values)
  }

  /** Sends the headers, ours last, because middleware in front of us may change them in its `writeHead`. */
  function sendHead(head: unknown[]): unknown {
    applyOurs()
    if (writeHead === ServerResponse.prototype.writeHead) return originals.writeHead.apply(response, head)
    return keepHeaders(response, applyOurs, () => originals.writeHead.apply(response, head))
  }

  /** Starts the commit. Returns whether the call that caused it proceeds, now or later; `false` if the commit failed. */
  function startCommit(name: ResponseMethod, values: unknown[]): boolean {
    const head = name === 'writeHead' ? values : noValues
    const status = Number(head[0] ?? response.statusCode)
    let result
    try {
      result = commit(failure !== null || status >= 500, head)
    } catch (error) {
      handleCommitError(error, name === 'end')
      return false
    }
    if (result instanceof Promise) void awaitCommit(result)
    else acceptCommit(result)
    return true
  }

  function isEnded(): boolean {
    return heldCalls.some(([name]) => name === 'end')
  }

  function acceptCommit(result: CommitResult): void {
    committed = result.isPrivate || result.cookies.length > 0 ? result : emptyCommit
    phase = 'committed'
    onCookiesSent(result.cookies)
  }

  async function awaitCommit(result: Promise<CommitResult>): Promise<void> {
    phase = 'committing'
    const resume = freezeHeaders(response, isEnded)
    let value
    try {
      value = await result
    } catch (error) {
      const ended = isEnded()
      resume()
      heldCalls.length = 0
      return handleCommitError(error, ended)
    }
    resume()
    acceptCommit(value)
    sendOwn(sendHeldCalls)
  }

  function sendHeldCalls(): void {
    const calls = heldCalls.splice(0)
    try {
      for (const [name, values] of calls) intercept(name, values)
      // A held `write` returned false, so its caller waits for `drain`.
      if (calls.some(([name]) => name === 'write') && !response.writableNeedDrain) response.emit('drain')
    } catch (error) {
      answerError(response, error)
    }
  }

  function handleCommitError(error: unknown, ended: boolean): void {
    const failedBefore = failure !== null
    failure = error
    phase = failedBefore ? 'committed' : 'failed'
    if (response.headersSent) return answerError(response, error)
    removeEntityHeaders(response)
    if (ended && !failedBefore) passToHost(error)
    else replaceResponse(error)
  }

  /** Lets the host respond, after all that the handler still does at once: its second `end` would look like the host's. */
  function passToHost(error: unknown): void {
    ignoreHandler = true
    setImmediate(() => {
      ignoreHandler = false
      // If the handler calls `end` again later, the response must still not look successful.
      response.statusCode = errorStatus(error)
      try {
        onCommitError(error)
      } catch (thrown) {
        replaceResponse(thrown)
      }
      if (phase === 'failed') setTimeout(respondForHost, hostTimeoutMs, error)
    })
  }

  /** Responds if the host did not. A host whose `next` settles a promise drops the error, because it called `next` before. */
  function respondForHost(error: unknown): void {
    if (phase !== 'failed') return
    // An error handler that responds later must not throw, because nobody might catch that.
    wrapHeaderChanges(response, (change) => (isSendingOwn ? change() : response))
    replaceResponse(error)
  }

  function replaceResponse(error: unknown): void {
    replacedByUs = true
    sendOwn(() => answerError(response, error))
  }

  function sendOwn(send: () => void): void {
    const wasSendingOwn = isSendingOwn
    isSendingOwn = true
    send()
    isSendingOwn = wasSendingOwn
  }

  function discard(name: ResponseMethod, values: unknown[]): unknown {
    const callback = values.at(-1)
    if (typeof callback === 'function') process.nextTick(callback, failure)
    return name === 'write' || response
  }
}
