// The time in which a simulation runs, and who acts in it. It is real, unless clock.ts is imported, which replaces it by a virtual one.
import { Random } from './random.ts'

/** A machine, or one process on it: whose clock the code reads, and whether it still runs. */
export interface Machine {
  readonly name: string
  /** Returns the time by its own clock, in epoch milliseconds. */
  wall(): number
  /** When it started. Its monotonic clock counts from here. */
  readonly startedAt: number
  /** A machine that was stopped does nothing more: its timers and the answers that it waits for are dropped. */
  isStopped: boolean
}

/** On which machine something happens, and for which operation of the plan. */
export interface Context {
  readonly machine: Machine
  /** The random numbers of the operation. Each has its own, so that one can be left out without a change of the others. */
  readonly random: Random
}

export interface Clock {
  /** The start of true time, in epoch milliseconds. */
  readonly epoch: number
  /** Returns true time, in milliseconds. */
  now(): number
  after(delayMs: number, run: () => void, context?: Context): void
  runAs<Result>(context: Context, run: () => Result): Result
  /** Returns how many timers and answers a machine waits for. In real time it is not known, and 0. */
  countWaiting(machine: Machine): number
  /** Virtual timers and answers inherit the context. In real time it is known only until the first `await`. */
  currentContext(): Context
  /** Returns for how long this process was busy, or had no processor, in all. A wait for it is not the library's fault. */
  busyMs(): number
  /** Stops to measure that, until it is asked for again. */
  stopMeter(): void
  /** Returns when this process last had no processor for a while. A failure then says nothing about the library. */
  stalledAt(): number
}

let clock = createRealClock()

export const useClock = (other: Clock): void => void (clock = other)

export const epoch = (): number => clock.epoch
export const now = (): number => clock.now()
export const currentContext = (): Context => clock.currentContext()
export const busyMs = (): number => clock.busyMs()
export const stopMeter = (): void => clock.stopMeter()
export const countWaiting = (machine: Machine): number => clock.countWaiting(machine)
export const stalledAt = (): number => clock.stalledAt()

/** Runs something at once as another machine, or for another operation. */
export const runAs = <Result>(context: Context, run: () => Result): Result => clock.runAs(context, run)

/** Runs something later. */
export const after = (delayMs: number, run: () => void, context?: Context): void => clock.after(delayMs, run, context)

/** Starts something asynchronous elsewhere, as an event of its own: its microtasks run there too. */
export const begin = async <Result>(context: Context, run: () => Promise<Result>): Promise<Result> =>
  new Promise((resolve, reject) => after(0, () => void run().then(resolve, reject), context))

export const sleep = async (delayMs: number): Promise<void> => new Promise((resolve) => after(delayMs, resolve))

function createRealClock(): Clock {
  const here: Machine = { name: 'this process', wall: Date.now, startedAt: 0, isStopped: false }
  let current: Context = { machine: here, random: new Random(1) }

  function runAs<Result>(context: Context, run: () => Result): Result {
    const before = current
    current = context
    try {
      return run()
    } finally {
      current = before
    }
  }

  return {
    epoch: performance.timeOrigin,
    now: () => performance.now(),
    after(delayMs, run, context = current) {
      const start = (): void => void (context.machine.isStopped || runAs(context, run))
      if (delayMs > 0) setTimeout(start, delayMs)
      else setImmediate(start)
    },
    runAs,
    countWaiting: () => 0,
    currentContext: () => current,
    ...createMeter(),
  }
}

const stepMs = 20
/** A timer that comes so late means that others had the processor. */
const stallMs = 80

/** Adds how long the event loop was busy and how late a timer came, which a process is that has no processor. */
function createMeter(): Pick<Clock, 'busyMs' | 'stopMeter' | 'stalledAt'> {
  let lateMs = 0
  let dueAt = Infinity
  let stalledAt = -Infinity
  let timer: ReturnType<typeof setInterval> | undefined

  function step(): void {
    const at = performance.now()
    lateMs += Math.max(0, at - dueAt)
    if (at - dueAt > stallMs) stalledAt = at
    dueAt = at + stepMs
  }

  return {
    busyMs() {
      if (dueAt === Infinity) {
        step()
        timer = setInterval(step, stepMs)
        timer.unref()
      }
      return performance.eventLoopUtilization().active + lateMs + Math.max(0, performance.now() - dueAt)
    },
    stopMeter() {
      clearInterval(timer)
      dueAt = Infinity
    },
    stalledAt: () => (performance.now() - dueAt > stallMs ? performance.now() : stalledAt),
  }
}
