import { endedChannel } from './statements.ts'
import type { Listen } from './types.ts'

/** The channels to listen to: the one for all processes, and this process's own, which receives its heartbeat. */
const channelNames = (self: string) => [endedChannel, `${endedChannel}_${self}`] as const

/** Returns the function that listens with a client; `null` if the client cannot listen. */
export function createListen(client: any): Listen | null {
  if (typeof client.listen !== 'function') return typeof client.Client === 'function' ? listenWithPool(client) : null
  if (typeof client.unsafe !== 'function') return listenWithPglite(client)
  // Bun's SQL names its kind of database in its options.
  return client.options?.adapter === undefined ? listenWithPostgresJs(client) : listenWithBun(client)
}

/** Listens with pg, on a new connection: the pool may have only one, and listening would occupy it. */
function listenWithPool(pool: any): Listen {
  return async (self, onMessage, onLost) => {
    const listener = new pool.Client(pool.options)
    const close = () => listener.end()
    listener.on('error', onLost)
    listener.on('end', onLost)
    listener.on('notification', ({ payload }: { payload?: unknown }) => onMessage(String(payload)))
    try {
      await listener.connect()
      await listener.query(
        channelNames(self)
          .map((name) => `LISTEN ${name}`)
          .join('; '),
      )
      listener.unref?.()
      return close
    } catch (error) {
      close().catch(() => {})
      throw error
    }
  }
}

/**
 * Listens with postgres.js, which uses one connection for all channels and closes it in `end()`. It does not report a lost
 * connection, and does not always subscribe again. So we poll its list of channels for our subscriptions.
 */
function listenWithPostgresJs(sql: any): Listen {
  const subscriptionOf = (name: string) => sql.listen.channels?.[name]
  // Without this, the next `listen` would get the old entry: its error, or the subscription that was lost.
  const forgetSubscription = (name: string) => delete sql.listen.channels?.[name]

  async function listen(name: string, onMessage: (text: string) => void) {
    const { unlisten } = await sql.listen(name, onMessage).catch((error: unknown) => {
      forgetSubscription(name)
      throw error
    })
    const ownSubscription = subscriptionOf(name)
    const isSubscribed = (): boolean => subscriptionOf(name) === ownSubscription
    return { isSubscribed, stop: async () => (isSubscribed() ? unlisten() : forgetSubscription(name)) }
  }

  return async (self, onMessage, onLost) => {
    const [all, own] = channelNames(self)
    const first = await listen(all, onMessage)
    const second = await listen(own, onMessage).catch((error: unknown) => {
      first.stop().catch(() => {})
      throw error
    })
    const timer = setInterval(() => (first.isSubscribed() && second.isSubscribed()) || onLost(), 500)
    timer.unref?.()
    return async () => {
      clearInterval(timer)
      await Promise.all([first.stop(), second.stop()])
    }
  }
}

/** Listens with Bun's SQL, which uses one connection for all channels. It subscribes again by itself, and then calls `onListen`. */
function listenWithBun(sql: any): Listen {
  return async (self, onMessage, onLost) => {
    let isListening = false
    const onListen = () => isListening && onLost()
    const results = await Promise.allSettled(channelNames(self).map((name) => sql.listen(name, onMessage, onListen)))
    const subscriptions = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const stop = () => Promise.all(subscriptions.map((subscription) => subscription.unlisten()))
    isListening = true
    const failure = results.find((result) => result.status === 'rejected')
    if (failure === undefined) return stop
    stop().catch(() => {})
    throw failure.reason
  }
}

function listenWithPglite(client: any): Listen {
  return async (self, onMessage) => {
    const stops = await Promise.all(channelNames(self).map((name) => client.listen(name, onMessage)))
    return () => Promise.all(stops.map((stop) => stop()))
  }
}
