import type { IncomingMessage, ServerResponse } from 'node:http'
import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import type { RequestLifecycle } from '../../request/lifecycle.ts'
import type { Session } from '../../session/session.ts'
import type { ResponseMethod } from './node-headers.ts'

/** The step after the handler. */
export type Committer = Pick<RequestLifecycle<any>, 'isSync' | 'commit'>

type Method = (...values: any[]) => unknown

/** A call that waits for the commit. */
type HeldCall = readonly [name: ResponseMethod, values: unknown[]]

/** Replaced by a list of its own when a commit starts that holds calls. */
const noHeldCalls: HeldCall[] = []

/**
 * The commit of one response, and the methods that the response had before. Shared functions change it, because a dozen closures
 * for each response took as long as all the rest that a session costs that is only read.
 *
 * A class, because V8 may put literals like this one among the objects that live for long. Each would then keep its whole
 * request in memory until V8 collects those.
 */
export class ResponseState {
  readonly lifecycle: Committer
  readonly response: ServerResponse
  readonly request: IncomingMessage
  readonly session: Session<any>
  /** Called if the commit of a complete response failed. The host should send another response, which is committed as failed. `null`: we send it. */
  readonly onCommitError: ((error: unknown) => void) | null
  readonly writeHead: Method
  readonly write: Method
  end: Method
  readonly flushHeaders: Method
  phase: 'uncommitted' | 'committing' | 'failed' | 'committed' = 'uncommitted'
  committed: CommitResult = emptyCommit
  heldCalls: HeldCall[] = noHeldCalls
  /** The error of the last failed commit. Later commits are made as failed. */
  failure: unknown = null
  /** Whether we sent the response. Then all calls are discarded except our own, during which `isSendingOwn` is true. */
  replacedByUs = false
  isSendingOwn = false
  /** Whether calls are discarded until the host has the error, because they come from the handler. */
  ignoreHandler = false

  /** Creates the state of a response before its commit. */
  constructor(
    lifecycle: Committer,
    response: ServerResponse,
    request: IncomingMessage,
    session: Session<any>,
    onCommitError: ((error: unknown) => void) | null,
  ) {
    this.lifecycle = lifecycle
    this.response = response
    this.request = request
    this.session = session
    this.onCommitError = onCommitError
    this.writeHead = response.writeHead
    this.write = response.write
    this.end = response.end
    this.flushHeaders = response.flushHeaders
  }
}

/** Whether the handler has ended its response, which is held. */
export const isEnded = ({ heldCalls }: ResponseState): boolean => heldCalls.some(([name]) => name === 'end')
