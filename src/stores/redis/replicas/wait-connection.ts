import type { DedicatedConnection } from '../connection/types.ts'
import { answerOf, crossed, type Script } from '../lua.ts'

/** A connection to a primary on which what was written is waited for. */
export interface WaitConnection {
  /** Whether it can be asked: not once it broke, owes an answer for long, or its server is no primary any more. */
  readonly isGood: boolean
  /** Whether nobody has asked it for a while, and nobody waits for it. */
  readonly isIdle: boolean
  /** Runs a script on a key; `asking`, at a server that is just taking the key over. */
  run(script: Script, key: string, args: readonly string[], asking: boolean): Promise<unknown>
  /** Whether enough replicas acknowledged all that was answered here so far, or why that cannot be told. Never rejects. */
  acknowledged(until: number | undefined): Promise<Acknowledged>
  close(): void
}

export interface Acknowledged {
  readonly isAcknowledged: boolean
  /** What the server or the client said, where it could not be asked. */
  readonly cause?: unknown
}

interface Waiter {
  readonly until: number
  tell(told: Acknowledged): void
}

/** For how long it may owe answers and give none, beside the time that it waits for replicas; in milliseconds. */
const silence = 2000

/** After how long without an answer, and without a question, it counts as idle, in milliseconds. */
const idle = 1000

/** How much sooner than the caller a wait gives up, in milliseconds, so that its answer is still heard. */
const margin = 30

/** @param within how long to wait for replicas, in milliseconds */
export function createWaitConnection(
  open: (over: AbortSignal) => Promise<DedicatedConnection>,
  replicas: number,
  within: number,
): WaitConnection {
  const over = new AbortController()
  const opening = open(over.signal)
  let connection: DedicatedConnection | null = null
  let isPast = false
  let owed = 0
  let heardAt = 0
  let isWaiting = false
  let waiters: Waiter[] = []
  let waits = 0

  opening.then(
    (opened) => (connection = opened),
    () => (isPast = true),
  )

  /** Sends commands together, and hands their answers on. */
  async function send(...commands: readonly (readonly string[])[]): Promise<unknown[]> {
    if (owed++ === 0) heardAt = performance.now()
    try {
      const opened = await opening
      return await Promise.all(commands.map((command) => opened.send(...command)))
    } catch (error) {
      if (/READONLY|UNBLOCKED|MASTERDOWN|LOADING/.test(String(error))) isPast = true
      throw error
    } finally {
      owed--
      heardAt = performance.now()
    }
  }

  /** How many replicas acknowledged. A number does not say to which question; what is asked just before it does. */
  async function count(milliseconds: number): Promise<number> {
    const mark = `${++waits}`
    const [marked, replied] = await send(
      ['EVAL', 'return ARGV[1]', '0', mark],
      ['WAIT', `${replicas}`, `${milliseconds}`],
    )
    if (String(marked) === mark) return Number(replied)
    isPast = true
    throw crossed()
  }

  /** Waits for all who ask at the same time together, and then for those who came meanwhile. */
  async function wait(): Promise<void> {
    while (waiters.length > 0) {
      const some = waiters
      waiters = []
      // As long as any of them does; 0 would be for ever.
      const left = Math.max(...some.map(({ until }) => until)) - Date.now() - margin
      const milliseconds = Math.max(1, Math.round(Math.min(within, left)))
      const tellAll = (told: Acknowledged): void => {
        for (const { tell } of some) tell(told)
      }
      // A server that has little to do looks only ten times a second whether a wait is over.
      const timer = after(milliseconds, () => tellAll({ isAcknowledged: false }))
      const told = await count(milliseconds).then(
        (replied) => ({ isAcknowledged: replied >= replicas }),
        (cause: unknown) => ({ isAcknowledged: false, cause }),
      )
      clearTimeout(timer)
      tellAll(told)
    }
    isWaiting = false
  }

  return {
    get isGood() {
      const isSilent = owed > 0 && performance.now() - heardAt > within + silence
      return !isPast && !isSilent && connection?.isOpen !== false
    },
    get isIdle() {
      return owed === 0 && !isWaiting && performance.now() - heardAt > idle
    },
    async run({ text }, key, args, asking) {
      // By its whole text: a server that does not know it would have to be told it.
      const command = ['EVAL', text, '1', key, ...args]
      const replies = await send(...(asking ? [['ASKING']] : []), command)
      try {
        return answerOf(replies.at(-1), key)
      } catch (error) {
        isPast = true
        throw error
      }
    },
    async acknowledged(until = Infinity) {
      let timer: NodeJS.Timeout | undefined
      const told = await new Promise<Acknowledged>((tell) => {
        const left = Math.min(until - Date.now() - margin, longest)
        timer = after(left, () => tell({ isAcknowledged: false }))
        waiters.push({ until, tell })
        if (isWaiting) return
        isWaiting = true
        setImmediate(() => void wait())
      })
      clearTimeout(timer)
      return told
    },
    close() {
      isPast = true
      over.abort()
      opening.then((opened) => opened.close()).catch(() => {})
    },
  }
}

/** What timers take at the most, in milliseconds. */
const longest = 2 ** 31 - 1

/** Calls back in so many milliseconds. What has come while this process was busy is read first. */
const after = (milliseconds: number, call: () => void): NodeJS.Timeout =>
  setTimeout(() => setImmediate(call), Math.max(1, milliseconds))
