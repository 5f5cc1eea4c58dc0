import type { ServerResponse } from 'node:http'
import { emptyCommit, type CommitResult } from '../../request/lifecycle.ts'
import { answerError, statusOf } from './answer-error.ts'
import { applyHeaders } from './apply-headers.ts'
import { holdBack, tooLate } from './freeze-headers.ts'
import { isRefused, nodeHeaders, removeDescription, takeHeaders, type Sender } from './node-headers.ts'

/** What is done before a response's first header leaves. */
export interface BeforeHeaders {
  /** Whether no commit has to be waited for. */
  readonly isAtOnce: boolean
  /** Commits the request's session; at once where nothing has to be waited for. */
  commit(failed: boolean): CommitResult | Promise<CommitResult>
  /** Is told that the commit of a complete answer failed: the host gives another in its place, which is committed as failed. */
  refused(error: unknown): void
  /** Is told of the cookies that are sent. */
  sent(cookies: readonly string[]): void
}

/**
 * Commits once, before a response's first header leaves, whatever sends it, and puts on it what was committed.
 *
 * Node sends headers inside the first `writeHead`, `write`, `end` or `flushHeaders`, and those are synchronous: where the
 * commit has to be waited for, that call and those behind it are held back until it is done.
 */
export function beforeHeaders(response: ServerResponse, { isAtOnce, commit, refused, sent }: BeforeHeaders): void {
  const { writeHead, write, end, flushHeaders } = response
  const own = { writeHead, write, end, flushHeaders } as Record<Sender, (...values: any[]) => unknown>
  const held: [Sender, unknown[]][] = []
  let phase: 'before' | 'held' | 'committed' = 'before'
  let committed = emptyCommit
  /** Why a commit failed. From then on only what ended is committed. */
  let failure: unknown = null
  /** Whether the answer is ours, in the handler's stead: what that still sends is dropped. */
  let isOurs = false
  let sending = false
  let isDeaf = false

  response.writeHead = (...values: unknown[]) => call('writeHead', values) as ServerResponse
  response.write = (...values: unknown[]) => call('write', values) as boolean
  response.end = (...values: unknown[]) => call('end', values) as ServerResponse
  // It goes through writeHead, and need not be held back where nothing is: each of these costs a response of Express some
  // microseconds.
  if (!isAtOnce) response.flushHeaders = () => void call('flushHeaders', [])

  function call(name: Sender, values: unknown[]): unknown {
    if (isDeaf || (isOurs && !sending)) return drop(name, values)
    if (phase === 'before' && !isRefused(response, name, values) && !begin(name, values))
      return name === 'write' || response
    if (phase === 'held') {
      if (name === 'writeHead' && held.length > 0) throw tooLate()
      // What Node reports of a response that is gone by then would bring the process down.
      if (isEnded()) return drop(name, values)
      held.push([name, values])
      return name !== 'write' && response
    }
    // Only here, whichever call it is inside of: middleware in between adds headers up to this moment.
    if (name === 'writeHead' && committed !== emptyCommit && !response.headersSent) {
      const head = takeHeaders(response, values)
      applyHeaders(nodeHeaders, response, committed)
      return own.writeHead.apply(response, head)
    }
    return own[name].apply(response, values)
  }

  /** Whether the call goes on, now or held back; not where the commit failed. */
  function begin(name: Sender, values: unknown[]): boolean {
    const status = name === 'writeHead' ? Number(values[0]) : response.statusCode
    let result
    try {
      result = commit(failure !== null || status >= 500)
    } catch (error) {
      refuse(error, name === 'end')
      return false
    }
    if (result instanceof Promise) void wait(result)
    else done(result)
    return true
  }

  function isEnded(): boolean {
    return held.some(([name]) => name === 'end')
  }

  function done(result: CommitResult): void {
    committed = result.isPrivate || result.cookies.length > 0 ? result : emptyCommit
    phase = 'committed'
    sent(result.cookies)
  }

  async function wait(result: Promise<CommitResult>): Promise<void> {
    phase = 'held'
    const resume = holdBack(response, isEnded)
    let value
    try {
      value = await result
    } catch (error) {
      const ended = isEnded()
      resume()
      held.length = 0
      return refuse(error, ended)
    }
    resume()
    done(value)
    asOurs(sendHeld)
  }

  function sendHeld(): void {
    const calls = held.splice(0)
    try {
      for (const [name, values] of calls) call(name, values)
      // Who was told to wait for it is still waiting.
      if (calls.some(([name]) => name === 'write') && !response.writableNeedDrain) response.emit('drain')
    } catch (error) {
      answerError(response, error)
    }
  }

  function refuse(error: unknown, ended: boolean): void {
    const again = failure !== null
    failure = error
    phase = again ? 'committed' : 'before'
    if (response.headersSent) return answerError(response, error)
    removeDescription(response)
    if (ended && !again) return giveWay(error)
    // Whether a handler goes on writing, or somebody answers in its stead, cannot be told apart.
    isOurs = true
    asOurs(() => answerError(response, error))
  }

  /** Lets the host answer, and in this turn nobody else: a handler that ends its answer twice would pass for it. */
  function giveWay(error: unknown): void {
    // Queued first, so that it comes before whatever the host waits for.
    queueMicrotask(() => (isDeaf = false))
    // Nor does one that does so later pass for a success.
    response.statusCode = statusOf(error)
    refused(error)
    isDeaf = true
  }

  function asOurs(send: () => void): void {
    const outer = sending
    sending = true
    send()
    sending = outer
  }

  function drop(name: Sender, values: unknown[]): unknown {
    const callback = values.at(-1)
    if (typeof callback === 'function') process.nextTick(callback, failure)
    return name === 'write' || response
  }
}
