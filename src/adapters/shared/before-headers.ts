import type { ServerResponse } from 'node:http'
import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import { answerError, errorStatus } from './answer-error.ts'
import { applyHeaders } from './apply-headers.ts'
import { freezeHeaders, headersSentError } from './freeze-headers.ts'
import {
  mergeWriteHead,
  nodeHeaders,
  nodeWouldThrow,
  removeEntityHeaders,
  type ResponseMethod,
} from './node-headers.ts'

/** What is done before a response's first header leaves. */
export interface CommitHooks {
  /** Whether no commit has to be waited for. */
  readonly isSync: boolean
  /** Commits the request's session; at once where nothing has to be waited for. */
  commit(failed: boolean): CommitResult | Promise<CommitResult>
  /** Is told that the commit of a complete answer failed: the host gives another in its place, which is committed as failed. */
  onCommitError(error: unknown): void
  /** Is told of the cookies that are sent. */
  onCookiesSent(cookies: readonly string[]): void
}

/**
 * Commits once, before a response's first header leaves, whatever sends it, and puts on it what was committed.
 *
 * Node sends headers inside the first `writeHead`, `write`, `end` or `flushHeaders`, and those are synchronous: where the
 * commit has to be waited for, that call and those behind it are held back until it is done.
 */
export function beforeHeaders(
  response: ServerResponse,
  { isSync, commit, onCommitError, onCookiesSent }: CommitHooks,
): void {
  const { writeHead, write, end, flushHeaders } = response
  const originals = { writeHead, write, end, flushHeaders } as Record<ResponseMethod, (...values: any[]) => unknown>
  const heldCalls: [ResponseMethod, unknown[]][] = []
  let phase: 'uncommitted' | 'committing' | 'committed' = 'uncommitted'
  let committed = emptyCommit
  /** Why a commit failed. From then on only what ended is committed. */
  let failure: unknown = null
  /** Whether the answer is ours, in the handler's stead: what that still sends is dropped. */
  let replacedByUs = false
  let isSendingOwn = false
  let ignoreHandler = false

  response.writeHead = (...values: unknown[]) => intercept('writeHead', values) as ServerResponse
  response.write = (...values: unknown[]) => intercept('write', values) as boolean
  response.end = (...values: unknown[]) => intercept('end', values) as ServerResponse
  // It goes through writeHead, and need not be held back where nothing is: each of these costs a response of Express some
  // microseconds.
  if (!isSync) response.flushHeaders = () => void intercept('flushHeaders', [])

  function intercept(name: ResponseMethod, values: unknown[]): unknown {
    if (ignoreHandler || (replacedByUs && !isSendingOwn)) return discard(name, values)
    if (phase === 'uncommitted' && !nodeWouldThrow(response, name, values) && !startCommit(name, values))
      return name === 'write' || response
    if (phase === 'committing') {
      if (name === 'writeHead' && heldCalls.length > 0) throw headersSentError()
      // What Node reports of a response that is gone by then would bring the process down.
      if (isEnded()) return discard(name, values)
      heldCalls.push([name, values])
      return name !== 'write' && response
    }
    // Only here, whichever call it is inside of: middleware in between adds headers up to this moment.
    if (name === 'writeHead' && committed !== emptyCommit && !response.headersSent) {
      const head = mergeWriteHead(response, values)
      applyHeaders(nodeHeaders, response, committed)
      return originals.writeHead.apply(response, head)
    }
    return originals[name].apply(response, values)
  }

  /** Whether the call goes on, now or held back; not where the commit failed. */
  function startCommit(name: ResponseMethod, values: unknown[]): boolean {
    const status = name === 'writeHead' ? Number(values[0]) : response.statusCode
    let result
    try {
      result = commit(failure !== null || status >= 500)
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
      // Who was told to wait for it is still waiting.
      if (calls.some(([name]) => name === 'write') && !response.writableNeedDrain) response.emit('drain')
    } catch (error) {
      answerError(response, error)
    }
  }

  function handleCommitError(error: unknown, ended: boolean): void {
    const failedBefore = failure !== null
    failure = error
    phase = failedBefore ? 'committed' : 'uncommitted'
    if (response.headersSent) return answerError(response, error)
    removeEntityHeaders(response)
    if (ended && !failedBefore) return passToHost(error)
    // Whether a handler goes on writing, or somebody answers in its stead, cannot be told apart.
    replacedByUs = true
    sendOwn(() => answerError(response, error))
  }

  /** Lets the host answer, and in this turn nobody else: a handler that ends its answer twice would pass for it. */
  function passToHost(error: unknown): void {
    // Queued first, so that it comes before whatever the host waits for.
    queueMicrotask(() => (ignoreHandler = false))
    // Nor does one that does so later pass for a success.
    response.statusCode = errorStatus(error)
    onCommitError(error)
    ignoreHandler = true
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
