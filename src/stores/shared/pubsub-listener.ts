import type { SessionStore } from '../store.ts'

/** By which processes tell each other what has ended or was renewed, and each itself that it would hear. */
export interface PubSub {
  /** Tells a text to the one who listens by that name, by the connection that the store's writes take. */
  publish(self: string, text: string): Promise<unknown>
  /**
   * Listens, to what has ended or was renewed and by a name, on a connection of its own, which keeps no process alive. Calls
   * back with each text that is told, and when the connection is lost. Resolves to what closes it; what is over before that
   * may be given up.
   */
  subscribe(
    self: string,
    onMessage: (text: string) => void,
    onLost: () => void,
    signal: AbortSignal,
  ): Promise<() => unknown>
}

/** Calls back for what is told to have ended, or to be renewed. */
export interface PubSubListener {
  /** As of the store. While nobody can be sure to hear, it calls back for all, often enough that each is looked at in time. */
  readonly watch: NonNullable<SessionStore['watch']>
  /** Stops listening for good. */
  close(): void
}

/**
 * How often this process tells itself something, in milliseconds. What it has not heard by the next time makes it unsure, so
 * that a lost subscription is missed within two of them: half of the second, and the other half is for asking.
 */
const tickIntervalMs = 250
/** How often all are called back while it is unsure, in three of its turns. */
const pollIntervalMs = 2.8 * tickIntervalMs
/** After how long a subscription on which nothing is heard, or that does not begin, gives way to another. */
const silenceTimeoutMs = 5000
const [minRetryDelayMs, maxRetryDelayMs] = [750, 60_000]

interface Subscription {
  /** Ends it; `null` until it has begun. */
  close: (() => unknown) | null
  readonly abortController: AbortController
  /** When it was begun, or was last known to work, by `performance.now()`. */
  healthyAt: number
}

/**
 * Listens as long as somebody watches, by one subscription for all. It may be dead without a word, a pooler in between may
 * drop what is told, and a server may forbid the telling: so it counts only while this process hears its own heartbeat on it.
 */
export function createPubSubListener({ publish, subscribe }: PubSub): PubSubListener {
  const callbacksById = new Map<string, Set<() => void>>()
  // A name that can stand anywhere, and a sign that no session's id begins with.
  const self = process.getBuiltinModule('node:crypto').randomBytes(9).toString('hex')
  const heartbeatPrefix = `?${self}`
  let subscription: Subscription | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let isClosed = false
  let pendingHeartbeat: Promise<unknown> | null = null
  let lastSentCount = 0
  let lastHeardCount = 0
  let isHealthy = false
  let calledAllAt = -Infinity
  let retryDelayMs = minRetryDelayMs
  let retryAt = -Infinity

  function callAll(): void {
    calledAllAt = performance.now()
    for (const callbacks of callbacksById.values()) for (const callback of callbacks) callback()
  }

  function handleMessage(text: string): void {
    if (!text.startsWith(heartbeatPrefix)) {
      for (const callback of callbacksById.get(text) ?? []) callback()
      return
    }
    lastHeardCount = Number(text.slice(heartbeatPrefix.length))
    if (subscription !== null) subscription.healthyAt = performance.now()
    retryDelayMs = minRetryDelayMs
    if (isHealthy || lastHeardCount !== lastSentCount) return
    isHealthy = true
    // What was told while nobody listened, nobody will tell again.
    callAll()
  }

  /** Sends none while another is unanswered: those that a store does not answer would take all its connections. */
  function sendHeartbeat(): Promise<unknown> {
    pendingHeartbeat ??= publish(self, `${heartbeatPrefix}${++lastSentCount}`).finally(() => (pendingHeartbeat = null))
    return pendingHeartbeat
  }

  async function startSubscription(): Promise<void> {
    const started: Subscription = { close: null, abortController: new AbortController(), healthyAt: performance.now() }
    subscription = started
    try {
      // Where nothing can be told there is nothing to hear, and where the store's client is closed, nobody to subscribe for.
      await sendHeartbeat()
      if (subscription !== started) return
      const close = await subscribe(
        self,
        (text) => void (subscription === started && handleMessage(text)),
        () => dropSubscription(started),
        started.abortController.signal,
      )
      if (subscription !== started) return void closeQuietly(close)
      Object.assign(started, { close, healthyAt: performance.now() })
      await sendHeartbeat()
    } catch {
      dropSubscription(started)
    }
  }

  function dropSubscription(dropped: Subscription | null): void {
    if (dropped === null || subscription !== dropped) return
    subscription = null
    isHealthy = false
    retryAt = performance.now() + retryDelayMs
    retryDelayMs = Math.min(retryDelayMs * 2, maxRetryDelayMs)
    dropped.abortController.abort()
    if (dropped.close !== null) void closeQuietly(dropped.close)
  }

  function tick(): void {
    timer = null
    if (callbacksById.size === 0 || isClosed) {
      dropSubscription(subscription)
      retryDelayMs = minRetryDelayMs
      retryAt = -Infinity
      return
    }
    schedule()
    // What came while this process stood still is heard first.
    setImmediate(check)
  }

  function check(): void {
    if (callbacksById.size === 0 || isClosed) return
    const now = performance.now()
    if (lastHeardCount !== lastSentCount || pendingHeartbeat !== null) isHealthy = false
    if (!isHealthy && now - calledAllAt >= pollIntervalMs) callAll()
    if (subscription !== null && now - subscription.healthyAt > silenceTimeoutMs) dropSubscription(subscription)
    if (subscription === null && now >= retryAt) void startSubscription()
    if (subscription?.close != null && pendingHeartbeat === null) sendHeartbeat().catch(() => (isHealthy = false))
  }

  function schedule(): void {
    timer = setTimeout(tick, tickIntervalMs)
    timer.unref?.()
  }

  return {
    watch(id, onEnd) {
      const callback = () => onEnd()
      const callbacks = callbacksById.get(id) ?? new Set()
      callbacksById.set(id, callbacks.add(callback))
      if (timer === null && !isClosed) {
        schedule()
        if (subscription === null) void startSubscription()
      }
      return () => {
        if (callbacks.delete(callback) && callbacks.size === 0 && callbacksById.get(id) === callbacks)
          callbacksById.delete(id)
      }
    },
    close() {
      isClosed = true
      dropSubscription(subscription)
    },
  }
}

/** What cannot be closed is closed. */
async function closeQuietly(close: () => unknown): Promise<void> {
  try {
    await close()
  } catch {
    // It was gone already.
  }
}
