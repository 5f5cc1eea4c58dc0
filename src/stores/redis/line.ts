import type { Wire } from './wires.ts'

/** A connection to a primary on which what was written is waited for. */
export interface Line {
  /** Whether it can be asked: not once it broke, owes an answer for long, or its server is no primary any more. */
  readonly isGood: boolean
  /** Whether nobody has asked it for a while, and nobody waits for it. */
  readonly isIdle: boolean
  /** Sends a command; `asking`, to a server that is just taking its key over. */
  ask(command: readonly string[], asking: boolean): Promise<unknown>
  /** Whether enough replicas have all that was answered here so far, or why that cannot be told. Never rejects. */
  held(until: number | undefined): Promise<Held>
  close(): void
}

export interface Held {
  readonly isHeld: boolean
  /** What the server or the client said, where it could not be asked. */
  readonly cause?: unknown
}

/** For how long it may owe answers and give none, in milliseconds. */
const silence = 2000
/** After how long without an answer, and without a question, it counts as idle, in milliseconds. */
const idle = 1000
/** How much sooner than the caller a wait gives up, in milliseconds, so that its answer is still heard. */
const margin = 30

/** @param within how long to wait for replicas, in milliseconds */
export function createLine(open: () => Promise<Wire>, replicas: number, within: number): Line {
  const opening = open()
  let wire: Wire | null = null
  let isPast = false
  let owed = 0
  let heardAt = 0
  let isWaiting = false
  let waiters: { readonly until: number; readonly resolve: (held: Held) => void }[] = []

  opening.then(
    (opened) => (wire = opened),
    () => (isPast = true),
  )

  async function send(...commands: readonly (readonly string[])[]): Promise<unknown> {
    if (owed++ === 0) heardAt = performance.now()
    try {
      const opened = await opening
      return (await Promise.all(commands.map((command) => opened.send(...command)))).at(-1)
    } catch (error) {
      if (/READONLY|UNBLOCKED|MASTERDOWN|LOADING/.test(String(error))) isPast = true
      throw error
    } finally {
      owed--
      heardAt = performance.now()
    }
  }

  /** Waits for all who ask at the same time together, and then for those who came meanwhile. */
  async function wait(): Promise<void> {
    while (waiters.length > 0) {
      const some = waiters
      waiters = []
      const left = Math.min(...some.map(({ until }) => until)) - Date.now() - margin
      // 0 would be for ever.
      const milliseconds = Math.max(1, Math.round(Math.min(within, left)))
      const tell = (held: Held): void => {
        for (const { resolve } of some) resolve(held)
      }
      // A server that has little to do looks only ten times a second whether a wait is over. What has come while this process
      // was busy is read first.
      const timer = setTimeout(() => setImmediate(() => tell({ isHeld: false })), milliseconds)
      const held = await send(['WAIT', `${replicas}`, `${milliseconds}`]).then(
        (count) => ({ isHeld: Number(count) >= replicas }),
        (cause: unknown) => ({ isHeld: false, cause }),
      )
      clearTimeout(timer)
      tell(held)
    }
    isWaiting = false
  }

  return {
    get isGood() {
      const isSilent = owed > 0 && performance.now() - heardAt > silence
      return !isPast && !isSilent && wire?.isOpen !== false
    },
    get isIdle() {
      return owed === 0 && !isWaiting && performance.now() - heardAt > idle
    },
    ask: (command, asking) => send(...(asking ? [['ASKING']] : []), command),
    held: (until = Infinity) =>
      new Promise((resolve) => {
        waiters.push({ until, resolve })
        if (isWaiting) return
        isWaiting = true
        setImmediate(() => void wait())
      }),
    close() {
      isPast = true
      opening.then((opened) => opened.close()).catch(() => {})
    },
  }
}
