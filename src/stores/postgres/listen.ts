import { endedChannel } from './statements.ts'
import type { Listen } from './types.ts'

/** On which it is told what has ended, and what a process tells itself. */
const channelNames = (self: string) => [endedChannel, `${endedChannel}_${self}`] as const

/** How to listen by a client; `null` where it cannot. */
export function createListen(client: any): Listen | null {
  if (typeof client.listen !== 'function') return typeof client.Client === 'function' ? listenWithPool(client) : null
  return typeof client.unsafe === 'function' ? listenWithPostgresJs(client) : listenWithPglite(client)
}

/** As pg's is. Not one of its connections, since it may have but one. */
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
 * It has one connection for all that is listened to, which goes when it is ended itself; it tells nobody that it was lost, and
 * listens again by itself, perhaps.
 */
function listenWithPostgresJs(sql: any): Listen {
  const subscriptionOf = (name: string) => sql.listen.channels?.[name]
  // Otherwise it would give what is there for ever: an error, or what was listened to before.
  const forgetSubscription = (name: string) => delete sql.listen.channels?.[name]

  async function listen(name: string, onMessage: (text: string) => void) {
    const { unlisten } = await sql.listen(name, onMessage).catch((error: unknown) => {
      forgetSubscription(name)
      throw error
    })
    const ownSubscription = subscriptionOf(name)
    const isThere = (): boolean => subscriptionOf(name) === ownSubscription
    return { isThere, stop: async () => (isThere() ? unlisten() : forgetSubscription(name)) }
  }

  return async (self, onMessage, onLost) => {
    const [all, own] = channelNames(self)
    const first = await listen(all, onMessage)
    const second = await listen(own, onMessage).catch((error: unknown) => {
      first.stop().catch(() => {})
      throw error
    })
    const timer = setInterval(() => (first.isThere() && second.isThere()) || onLost(), 500)
    timer.unref?.()
    return async () => {
      clearInterval(timer)
      await Promise.all([first.stop(), second.stop()])
    }
  }
}

function listenWithPglite(client: any): Listen {
  return async (self, onMessage) => {
    const stops = await Promise.all(channelNames(self).map((name) => client.listen(name, onMessage)))
    return () => Promise.all(stops.map((stop) => stop()))
  }
}
