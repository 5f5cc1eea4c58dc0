import type { DedicatedConnection } from '../connection/types.ts'
import { mismatchedReply, readReply, type Script } from '../lua.ts'

/** A connection to a primary on which what was written is waited for. */
export interface WaitConnection {
  /** Whether it can be asked: not once it broke, owes an answer for long, or its server is no primary any more. */
  readonly isUsable: boolean
  /** Whether nobody has asked it for a while, and nobody waits for it. */
  readonly isIdle: boolean
  /** Runs a script on a key; `asking`, at a server that is just taking the key over. */
  run(script: Script, key: string, args: readonly string[], asking: boolean): Promise<unknown>
  /** Whether enough replicas acknowledged all that was answered here so far, or why that cannot be told. Never rejects. */
  waitForReplicas(until: number | undefined): Promise<Acknowledgement>
  close(): void
}

export interface Acknowledgement {
  readonly isAcknowledged: boolean
  /** What the server or the client said, where it could not be asked. */
  readonly cause?: unknown
}

interface Waiter {
  readonly until: number
  resolve(acknowledgement: Acknowledgement): void
}

/** For how long it may owe answers and give none, beside the time that it waits for replicas; in milliseconds. */
const silenceTimeoutMs = 2000

/** After how long without an answer, and without a question, it counts as idle, in milliseconds. */
const idleTimeoutMs = 1000

/** How much sooner than the caller a wait gives up, in milliseconds, so that its answer is still heard. */
const marginMs = 30

/** @param timeoutMs how long to wait for replicas, in milliseconds */
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

  /** Sends commands together, and hands their answers on. */
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

  /** How many replicas acknowledged. A number does not say to which question; what is asked just before it does. */
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

  /** Waits for all who ask at the same time together, and then for those who came meanwhile. */
  async function serveWaiters(): Promise<void> {
    while (waiters.length > 0) {
      const batch = waiters
      waiters = []
      // As long as any of them does; 0 would be for ever.
      const left = Math.max(...batch.map(({ until }) => until)) - Date.now() - marginMs
      const milliseconds = Math.max(1, Math.round(Math.min(timeoutMs, left)))
      const resolveAll = (acknowledgement: Acknowledgement): void => {
        for (const { resolve } of batch) resolve(acknowledgement)
      }
      // A server that has little to do looks only ten times a second whether a wait is over.
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
    async run({ text }, key, args, asking) {
      // By its whole text: a server that does not know it would have to be told it.
      const command = ['EVAL', text, '1', key, ...args]
      const replies = await send(...(asking ? [['ASKING']] : []), command)
      try {
        return readReply(replies.at(-1), key)
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

/** What timers take at the most, in milliseconds. */
const maxTimeoutMs = 2 ** 31 - 1

/** Calls back in so many milliseconds. What has come while this process was busy is read first. */
const callAfter = (milliseconds: number, call: () => void): NodeJS.Timeout =>
  setTimeout(() => setImmediate(call), Math.max(1, milliseconds))
