// Replaces the clocks, the timers, the random numbers and the cryptography of this process when it is imported. It is therefore the first import of
// whatever runs a simulation. The library's code then runs unchanged, and nothing in it depends on the real time.
import { type Context, useClock } from '../../src/testing/simulation/time.ts'
import { startCryptography } from './cryptography.ts'

/** Something that will happen. It is also what `setTimeout` returns. */
class Event {
  readonly at: number
  readonly order: number
  readonly context: Context
  run: (() => void) | null

  constructor(at: number, order: number, context: Context, run: () => void) {
    this.at = at
    this.order = order
    this.context = context
    this.run = run
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}

/** The functions that were replaced, for the program around the simulation. */
export const real = {
  Date: globalThis.Date,
  now: Date.now,
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
}

/** True time starts here in each simulation: a noon, so that the days of keys rarely change. */
const epoch = Date.UTC(2030, 0, 1, 12)

let isRunning = false
/** True time in milliseconds since the simulation began. */
let trueNow = 0
let order = 0
let queue: Event[] = []
let current: Context = undefined as unknown as Context

const now = (): number => trueNow

function runAs<Result>(context: Context, run: () => Result): Result {
  const before = current
  current = context
  try {
    return run()
  } finally {
    current = before
  }
}

function after(delayMs: number, run: () => void, context = current): Event {
  const event = new Event(trueNow + Math.max(0, delayMs), order++, context, run)
  push(event)
  return event
}

/** Starts a simulation: true time is 0, and nothing is to be done. */
export function startClock(seed: number, context: Context): void {
  trueNow = order = 0
  queue = []
  startCryptography(seed)
  current = context
  isRunning = true
}

export const stopClock = (): void => void (isRunning = false)

/**
 * Runs events until `isDone`. All microtasks of an event run before the next one, so that the order of everything is fixed.
 *
 * `_tickCallback` of Node runs the microtasks at once. It is not documented, so the same can be done by turns of the real event
 * loop, and a test compares the two.
 */
export async function runEvents(isDone: () => boolean, byTurns = false): Promise<void> {
  await new Promise((resolve) => real.setImmediate(resolve))
  if (byTurns) {
    while (!isDone() && runNext()) await new Promise((resolve) => real.setImmediate(resolve))
    return
  }
  await new Promise<void>((resolve, reject) => {
    // Not in a promise: only there are microtasks left for `_tickCallback`.
    real.setImmediate(() => {
      try {
        do runMicrotasks()
        while (!isDone() && runNext())
        resolve()
      } catch (error) {
        reject(error as Error)
      }
    })
  })
}

const runMicrotasks = (process as unknown as { _tickCallback: () => void })._tickCallback

function runNext(): boolean {
  let event = pop()
  while (event !== undefined && (event.run === null || event.context.machine.isStopped)) event = pop()
  if (event === undefined) return false
  trueNow = event.at
  current = event.context
  event.run!()
  return true
}

// A binary heap, by time and then by order.
const isEarlier = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order)

function push(event: Event): void {
  let at = queue.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isEarlier(event, queue[parent]!)) break
    queue[at] = queue[parent]!
    at = parent
  }
  queue[at] = event
}

function pop(): Event | undefined {
  const first = queue[0]
  const last = queue.pop()
  if (first === undefined || queue.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= queue.length) break
    if (child + 1 < queue.length && isEarlier(queue[child + 1]!, queue[child]!)) child++
    if (!isEarlier(queue[child]!, last!)) break
    queue[at] = queue[child]!
    at = child
  }
  queue[at] = last!
  return first
}

useClock({
  epoch,
  now,
  after,
  runAs,
  countWaiting: (machine) => queue.filter(({ run, context }) => run !== null && context.machine === machine).length,
  currentContext: () => current,
  busyMs: () => 0,
  stopMeter() {},
  stalledAt: () => -Infinity,
})

class VirtualDate extends real.Date {
  constructor(...values: readonly unknown[]) {
    super(...((values.length === 0 ? [VirtualDate.now()] : values) as [number]))
  }
  static override now(): number {
    return isRunning ? current.machine.wall() : real.now()
  }
}

const startTimer = (run: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): Event =>
  after(Math.max(1, delayMs), values.length === 0 ? run : () => run(...values))
const cancelTimer = (event: Event | undefined): void => void (event && (event.run = null))
const performanceNow = performance.now.bind(performance)

Object.assign(globalThis, {
  Date: VirtualDate,
  setTimeout: startTimer,
  setImmediate: (run: (...values: unknown[]) => void, ...values: unknown[]) =>
    after(0, values.length === 0 ? run : () => run(...values)),
  clearTimeout: cancelTimer,
  clearImmediate: cancelTimer,
})
performance.now = () => (isRunning ? trueNow - current.machine.startedAt : performanceNow())
const mathRandom = Math.random
Math.random = () => (isRunning ? current.random.next() : mathRandom())

// Stack traces cost a tenth of the time, and stories need none.
Error.stackTraceLimit = 0
