import { mismatchedReply, readReply, type Script } from '../lua.ts'
import type { DedicatedConnection } from '../connection/dedicated-types.ts'

/** A connection to a primary that writes, and then waits until replicas have the writes. */
export interface WaitConnection {
  /** Whether commands can be sent. False if it broke, has not replied for long, or its server is not a primary any more. */
  readonly isUsable: boolean
  /** Whether it was not used for a while, and no call waits for it. */
  readonly isIdle: boolean
  /** Runs a script on a key. `asking` must be true after an ASK redirect: the key's slot is moving to this server. */
  run(script: Script, key: string, args: readonly string[], asking: boolean): Promise<unknown>
  /** Waits until enough replicas have all writes that this connection did so far, `until` at most. Never rejects. */
  waitForReplicas(until: number | undefined): Promise<Acknowledgement>
  close(): void
}

/** The result of waiting for replicas. */
export interface Acknowledgement {
  /** Whether enough replicas have the writes. */
  readonly isAcknowledged: boolean
  /** The error of the server or the client; `undefined` if there was none. */
  readonly cause?: unknown
}

interface Waiter {
  readonly until: number
  resolve(acknowledgement: Acknowledgement): void
}

/** How long commands may wait without any reply, in milliseconds, in addition to the wait for replicas. */
const silenceTimeoutMs = 2000

/** How long after the last reply the connection counts as idle, in milliseconds. */
const idleTimeoutMs = 1000

/** How long before the caller's deadline a wait ends, in milliseconds, so that its result arrives in time. */
const marginMs = 30

// One closure of 100 lines, because all of its parts share the state of the connection.
/**
 * @param replicas how many replicas must acknowledge a write
 * @param timeoutMs how long to wait for replicas, in milliseconds
 */
export function createWaitConnection(
  open: (signal: AbortSignal) => Promise<DedicatedConnection>,
  replicas: number,
  timeoutMs: number,
): WaitConnection {
  const abortController = new AbortController()
  const opening = open(abortController.signal)
  let connection: DedicatedConnection | null = null
  let isBroken = false
  let pendingCount = 0
  let heardAt = 0
  let isWaiting = false
  let waiters: Waiter[] = []
  let waitCount = 0

  opening.then(
    (opened) => (connection = opened),
    () => (isBroken = true),
  )

  /** Sends commands in one pipeline, and resolves to their replies. */
  async function send(...commands: readonly (readonly string[])[]): Promise<unknown[]> {
    if (pendingCount++ === 0) heardAt = performance.now()
    try {
      const opened = await opening
      return await Promise.all(commands.map((command) => opened.send(...command)))
    } catch (error) {
      if (/READONLY|UNBLOCKED|MASTERDOWN|LOADING/.test(String(error))) isBroken = true
      throw error
    } finally {
      pendingCount--
      heardAt = performance.now()
    }
  }

  /** Resolves to how many replicas acknowledged. The echoed nonce proves that the reply is to this WAIT and not to another. */
  async function countReplicas(milliseconds: number): Promise<number> {
    const nonce = `${++waitCount}`
    const [echoed, replied] = await send(
      ['EVAL', 'return ARGV[1]', '0', nonce],
      ['WAIT', `${replicas}`, `${milliseconds}`],
    )
    if (String(echoed) === nonce) return Number(replied)
    isBroken = true
    throw mismatchedReply()
  }

  /** Sends one WAIT for all current waiters, and then another for those that came meanwhile. */
  async function serveWaiters(): Promise<void> {
    while (waiters.length > 0) {
      const batch = waiters
      waiters = []
      // Wait as long as the most patient waiter; at least 1 ms, because 0 means for ever.
      const left = Math.max(...batch.map(({ until }) => until)) - Date.now() - marginMs
      const milliseconds = Math.max(1, Math.round(Math.min(timeoutMs, left)))
      const resolveAll = (acknowledgement: Acknowledgement): void => {
        for (const { resolve } of batch) resolve(acknowledgement)
      }
      // End the wait ourselves too, because an idle server checks its timeouts only ten times a second.
      const timer = callAfter(milliseconds, () => resolveAll({ isAcknowledged: false }))
      const acknowledgement = await countReplicas(milliseconds).then(
        (replied) => ({ isAcknowledged: replied >= replicas }),
        (cause: unknown) => ({ isAcknowledged: false, cause }),
      )
      clearTimeout(timer)
      resolveAll(acknowledgement)
    }
    isWaiting = false
  }

  return {
    get isUsable() {
      const isSilent = pendingCount > 0 && performance.now() - heardAt > timeoutMs + silenceTimeoutMs
      return !isBroken && !isSilent && connection?.isOpen !== false
    },
    get isIdle() {
      return pendingCount === 0 && !isWaiting && performance.now() - heardAt > idleTimeoutMs
    },
    async run(script, key, args, asking) {
      // Send the whole text, because EVALSHA would need a second round trip if the server does not know the script.
      const command = ['EVAL', script.text, '1', key, ...args]
      const replies = await send(...(asking ? [['ASKING']] : []), command)
      try {
        return readReply(replies.at(-1), script, [key], args)
      } catch (error) {
        isBroken = true
        throw error
      }
    },
    async waitForReplicas(until = Infinity) {
      let timer: NodeJS.Timeout | undefined
      const acknowledgement = await new Promise<Acknowledgement>((resolve) => {
        const left = Math.min(until - Date.now() - marginMs, maxTimeoutMs)
        timer = callAfter(left, () => resolve({ isAcknowledged: false }))
        waiters.push({ until, resolve })
        if (isWaiting) return
        isWaiting = true
        setImmediate(() => void serveWaiters())
      })
      clearTimeout(timer)
      return acknowledgement
    },
    close() {
      isBroken = true
      abortController.abort()
      opening.then((opened) => opened.close()).catch(() => {})
    },
  }
}

/** The maximum of `setTimeout`, in milliseconds. */
const maxTimeoutMs = 2 ** 31 - 1

/** Calls back after a delay, and after replies were read that arrived while the process was busy. */
const callAfter = (milliseconds: number, call: () => void): NodeJS.Timeout =>
  setTimeout(() => setImmediate(call), Math.max(1, milliseconds))
