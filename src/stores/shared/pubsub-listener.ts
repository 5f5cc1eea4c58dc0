import type { SessionStore } from '../store.ts'

/** By which processes tell each other what has ended or was renewed, and each itself that it would hear. */
export interface Broadcast {
  /** Tells a text to the one who listens by that name, by the connection that the store's writes take. */
  publish(self: string, text: string): Promise<unknown>
  /**
   * Listens, to what has ended or was renewed and by a name, on a connection of its own, which keeps no process alive. Calls
   * back with each text that is told, and when the connection is lost. Resolves to what closes it; what is over before that
   * may be given up.
   */
  subscribe(self: string, heard: (text: string) => void, lost: () => void, over: AbortSignal): Promise<() => unknown>
}

/** Calls back for what is told to have ended, or to be renewed. */
export interface Listening {
  /** As of the store. While nobody can be sure to hear, it calls back for all, often enough that each is looked at in time. */
  readonly watch: NonNullable<SessionStore['watch']>
  /** Stops listening for good. */
  close(): void
}

/**
 * How often this process tells itself something, in milliseconds. What it has not heard by the next time makes it unsure, so
 * that a lost subscription is missed within two of them: half of the second, and the other half is for asking.
 */
const pause = 250
/** How often all are called back while it is unsure, in three of its turns. */
const often = 2.8 * pause
/** After how long a subscription on which nothing is heard, or that does not begin, gives way to another. */
const silence = 5000
const [shortestWait, longestWait] = [750, 60_000]

interface Subscription {
  /** Ends it; `null` until it has begun. */
  close: (() => unknown) | null
  readonly over: AbortController
  /** When it was begun, or was last known to work, by `performance.now()`. */
  goodAt: number
}

/**
 * Listens as long as somebody watches, by one subscription for all. It may be dead without a word, a pooler in between may
 * drop what is told, and a server may forbid the telling: so it counts only while this process hears its own heartbeat on it.
 */
export function createListening({ publish, subscribe }: Broadcast): Listening {
  const watched = new Map<string, Set<() => void>>()
  // A name that can stand anywhere, and a sign that no session's id begins with.
  const self = process.getBuiltinModule('node:crypto').randomBytes(9).toString('hex')
  const own = `?${self}`
  let subscription: Subscription | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let isClosed = false
  let onItsWay: Promise<unknown> | null = null
  let told = 0
  let heardLast = 0
  let isSure = false
  let calledAt = -Infinity
  let wait = shortestWait
  let openAt = -Infinity

  function callAll(): void {
    calledAt = performance.now()
    for (const callbacks of watched.values()) for (const callback of callbacks) callback()
  }

  function heard(text: string): void {
    if (!text.startsWith(own)) {
      for (const callback of watched.get(text) ?? []) callback()
      return
    }
    heardLast = Number(text.slice(own.length))
    if (subscription !== null) subscription.goodAt = performance.now()
    wait = shortestWait
    if (isSure || heardLast !== told) return
    isSure = true
    // What was told while nobody listened, nobody will tell again.
    callAll()
  }

  /** Sends none while another is unanswered: those that a store does not answer would take all its connections. */
  function heartbeat(): Promise<unknown> {
    onItsWay ??= publish(self, `${own}${++told}`).finally(() => (onItsWay = null))
    return onItsWay
  }

  async function begin(): Promise<void> {
    const begun: Subscription = { close: null, over: new AbortController(), goodAt: performance.now() }
    subscription = begun
    try {
      // Where nothing can be told there is nothing to hear, and where the store's client is closed, nobody to subscribe for.
      await heartbeat()
      if (subscription !== begun) return
      const close = await subscribe(
        self,
        (text) => void (subscription === begun && heard(text)),
        () => giveUp(begun),
        begun.over.signal,
      )
      if (subscription !== begun) return void quietly(close)
      Object.assign(begun, { close, goodAt: performance.now() })
      await heartbeat()
    } catch {
      giveUp(begun)
    }
  }

  function giveUp(which: Subscription | null): void {
    if (which === null || subscription !== which) return
    subscription = null
    isSure = false
    openAt = performance.now() + wait
    wait = Math.min(wait * 2, longestWait)
    which.over.abort()
    if (which.close !== null) void quietly(which.close)
  }

  function turn(): void {
    timer = null
    if (watched.size === 0 || isClosed) {
      giveUp(subscription)
      wait = shortestWait
      openAt = -Infinity
      return
    }
    go()
    // What came while this process stood still is heard first.
    setImmediate(look)
  }

  function look(): void {
    if (watched.size === 0 || isClosed) return
    const now = performance.now()
    if (heardLast !== told || onItsWay !== null) isSure = false
    if (!isSure && now - calledAt >= often) callAll()
    if (subscription !== null && now - subscription.goodAt > silence) giveUp(subscription)
    if (subscription === null && now >= openAt) void begin()
    if (subscription?.close != null && onItsWay === null) heartbeat().catch(() => (isSure = false))
  }

  function go(): void {
    timer = setTimeout(turn, pause)
    timer.unref?.()
  }

  return {
    watch(id, ended) {
      const callback = () => ended()
      const callbacks = watched.get(id) ?? new Set()
      watched.set(id, callbacks.add(callback))
      if (timer === null && !isClosed) {
        go()
        if (subscription === null) void begin()
      }
      return () => {
        if (callbacks.delete(callback) && callbacks.size === 0 && watched.get(id) === callbacks) watched.delete(id)
      }
    },
    close() {
      isClosed = true
      giveUp(subscription)
    },
  }
}

/** What cannot be closed is closed. */
async function quietly(close: () => unknown): Promise<void> {
  try {
    await close()
  } catch {
    // It was gone already.
  }
}
