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

/**
 * The commit of one response, and the methods that the response had before. Shared functions change it, because a dozen closures
 * for each response took as long as all the rest that a session costs that is only read.
 */
export interface ResponseState extends Readonly<Record<Exclude<ResponseMethod, 'end'>, Method>> {
  end: Method
  readonly lifecycle: Committer
  readonly response: ServerResponse
  readonly request: IncomingMessage
  readonly session: Session<any>
  /** Called if the commit of a complete response failed. The host should send another response, which is committed as failed. `null`: we send it. */
  readonly onCommitError: ((error: unknown) => void) | null
  phase: 'uncommitted' | 'committing' | 'failed' | 'committed'
  committed: CommitResult
  heldCalls: HeldCall[]
  /** The error of the last failed commit. Later commits are made as failed. */
  failure: unknown
  /** Whether we sent the response. Then all calls are discarded except our own, during which `isSendingOwn` is true. */
  replacedByUs: boolean
  isSendingOwn: boolean
  /** Whether calls are discarded until the host has the error, because they come from the handler. */
  ignoreHandler: boolean
}

/** Replaced by a list of its own when a commit starts that holds calls. */
const noHeldCalls: HeldCall[] = []

/** Creates the state of a response before its commit. */
export function createResponseState(
  lifecycle: Committer,
  response: ServerResponse,
  request: IncomingMessage,
  session: Session<any>,
  onCommitError: ((error: unknown) => void) | null,
): ResponseState {
  const { writeHead, write, end, flushHeaders } = response
  return {
    lifecycle,
    response,
    request,
    session,
    onCommitError,
    writeHead,
    write,
    end,
    flushHeaders,
    phase: 'uncommitted',
    committed: emptyCommit,
    heldCalls: noHeldCalls,
    failure: null,
    replacedByUs: false,
    isSendingOwn: false,
    ignoreHandler: false,
  }
}

/** Whether the handler has ended its response, which is held. */
export const isEnded = ({ heldCalls }: ResponseState): boolean => heldCalls.some(([name]) => name === 'end')
