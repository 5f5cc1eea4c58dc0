import type { SessionNotice, SessionStore } from '../store.ts'
import { decodeNotices } from './notice-text.ts'

/** A store's publish and subscribe. Processes send each other notices by it, and themselves a heartbeat. */
export interface PubSub {
  /** Publishes a text to the subscriber `self`, on the connection that the store's writes take. */
  publish(self: string, text: string): Promise<unknown>
  /**
   * Subscribes to notices and to texts for `self`, on a separate connection that does not keep the process alive.
   *
   * @param onMessage gets each text: an encoded notice, or what `publish` sent
   * @param onLost is called if the connection is lost
   * @param signal aborts if the result is not wanted any more
   * @returns a promise of the function that ends the subscription
   */
  subscribe(
    self: string,
    onMessage: (text: string) => void,
    onLost: () => void,
    signal: AbortSignal,
  ): Promise<() => unknown>
}

/** Passes on the notices of all processes. */
export interface PubSubListener {
  /** The store's `watch`. While the subscription is not known to work, it calls with `null`, often enough to notice endings in time. */
  readonly watch: NonNullable<SessionStore['watch']>
  /** Reports to all watchers that notices may be lost. */
  reportLost(): void
  /** Stops listening for good. */
  close(): void
}

/**
 * How often this process sends itself a heartbeat. If it has not received it by the next tick, the subscription counts as lost.
 * So a loss is noticed within half of the second that a revocation may take. The other half is for reading the records.
 */
const tickIntervalMs = 250
/** How often watchers get `null` while the subscription is not healthy: every three ticks. */
const pollIntervalMs = 2.8 * tickIntervalMs
/** A subscription that does not start, or on which nothing is received for so long, is replaced. */
const silenceTimeoutMs = 5000
const [minRetryDelayMs, maxRetryDelayMs] = [750, 60_000]

interface Subscription {
  /** Ends the subscription; `null` until it has started. */
  close: (() => unknown) | null
  readonly abortController: AbortController
  /** When it was started, or was last known to work, by `performance.now()`. */
  healthyAt: number
}

type Watcher = Parameters<PubSubListener['watch']>

/**
 * Listens while there is a watcher, with one subscription for all. A subscription can be dead without an error, a
 * pooler may drop messages, and a server may forbid to publish. So it counts only while this process receives its own heartbeat.
 *
 * One closure, because the timer, the heartbeat and the subscription's callbacks all change the same state.
 */
export function createPubSubListener({ publish, subscribe }: PubSub): PubSubListener {
  const watchers = new Set<Watcher>()
  // Hexadecimal, so that it is valid in any channel name. No notice begins with `?`.
  const self = process.getBuiltinModule('node:crypto').randomBytes(9).toString('hex')
  const heartbeatPrefix = `?${self}`
  let subscription: Subscription | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let isClosed = false
  let pendingHeartbeat: Promise<unknown> | null = null
  let lastSentCount = 0
  let lastReceivedCount = 0
  let isHealthy = false
  let isLost = false
  let calledAllAt = -Infinity
  let retryDelayMs = minRetryDelayMs
  let retryAt = -Infinity

  function passOn(notice: SessionNotice | null): void {
    if (notice === null) calledAllAt = performance.now()
    for (const [onNotice] of watchers) onNotice(notice)
  }

  function handleMessage(text: string): void {
    if (text.startsWith(heartbeatPrefix)) return handleHeartbeat(Number(text.slice(heartbeatPrefix.length)))
    for (const notice of decodeNotices(text)) passOn(notice)
  }

  function handleHeartbeat(count: number): void {
    lastReceivedCount = count
    if (subscription !== null) subscription.healthyAt = performance.now()
    retryDelayMs = minRetryDelayMs
    if (isHealthy || lastReceivedCount !== lastSentCount) return
    isHealthy = true
    isLost = false
    // Messages that were published while nothing listened are not repeated, so let watchers read their records.
    passOn(null)
  }

  /** Sends none while another is unanswered, because unanswered heartbeats would take all connections of the store. */
  function sendHeartbeat(): Promise<unknown> {
    pendingHeartbeat ??= publish(self, `${heartbeatPrefix}${++lastSentCount}`).finally(() => (pendingHeartbeat = null))
    return pendingHeartbeat
  }

  async function startSubscription(): Promise<void> {
    const started: Subscription = { close: null, abortController: new AbortController(), healthyAt: performance.now() }
    subscription = started
    try {
      // First, because it fails if publishing is forbidden or the store's client is closed. Then a subscription is useless.
      await sendHeartbeat()
      if (subscription !== started) return
      const close = await subscribe(
        self,
        (text) => void (subscription === started && handleMessage(text)),
        () => dropSubscription(started),
        started.abortController.signal,
      )
      if (subscription !== started) return void closeQuietly(close)
      Object.assign(started, { close, healthyAt: performance.now() } satisfies Partial<Subscription>)
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
    if (isLost || isClosed) return
    isLost = true
    reportLost()
  }

  function reportLost(): void {
    for (const [, onLost] of watchers) onLost?.()
  }

  function tick(): void {
    timer = null
    if (watchers.size === 0 || isClosed) {
      dropSubscription(subscription)
      retryDelayMs = minRetryDelayMs
      retryAt = -Infinity
      isLost = false
      return
    }
    schedule()
    // Later, so that messages that arrived while this process was blocked are handled first.
    setImmediate(check)
  }

  function check(): void {
    if (watchers.size === 0 || isClosed) return
    const now = performance.now()
    if (lastReceivedCount !== lastSentCount || pendingHeartbeat !== null) isHealthy = false
    if (!isHealthy && now - calledAllAt >= pollIntervalMs) passOn(null)
    if (subscription !== null && now - subscription.healthyAt > silenceTimeoutMs) dropSubscription(subscription)
    if (subscription === null && now >= retryAt) void startSubscription()
    if (subscription?.close != null && pendingHeartbeat === null) sendHeartbeat().catch(() => (isHealthy = false))
  }

  function schedule(): void {
    timer = setTimeout(tick, tickIntervalMs)
    timer.unref?.()
  }

  return {
    watch(...watcher) {
      watchers.add(watcher)
      if (timer === null && !isClosed) {
        schedule()
        if (subscription === null) void startSubscription()
      }
      return () => void watchers.delete(watcher)
    },
    reportLost,
    close() {
      isClosed = true
      dropSubscription(subscription)
    },
  }
}

/** Closes a subscription, and ignores the error if it was closed already. */
async function closeQuietly(close: () => unknown): Promise<void> {
  try {
    await close()
  } catch {
    // It was closed already.
  }
}
