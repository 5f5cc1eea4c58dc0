import type { Listen } from './types.ts'
import { channel } from './statements.ts'

/** On which it is told what has ended, and what a process tells itself. */
const channelsOf = (self: string) => [channel, `${channel}_${self}`] as const

/** How to listen by a client; `null` where it cannot. */
export function listenBy(client: any): Listen | null {
  if (typeof client.listen !== 'function') return typeof client.Client === 'function' ? byPool(client) : null
  return typeof client.unsafe === 'function' ? byPostgresJs(client) : byPglite(client)
}

/** As pg's is. Not one of its connections, since it may have but one. */
function byPool(pool: any): Listen {
  return async (self, heard, lost) => {
    const listener = new pool.Client(pool.options)
    const close = () => listener.end()
    listener.on('error', lost)
    listener.on('end', lost)
    listener.on('notification', ({ payload }: { payload?: unknown }) => heard(String(payload)))
    try {
      await listener.connect()
      await listener.query(
        channelsOf(self)
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
function byPostgresJs(sql: any): Listen {
  const present = (name: string) => sql.listen.channels?.[name]
  // Otherwise it would give what is there for ever: an error, or what was listened to before.
  const forget = (name: string) => delete sql.listen.channels?.[name]

  async function listen(name: string, heard: (text: string) => void) {
    const { unlisten } = await sql.listen(name, heard).catch((error: unknown) => {
      forget(name)
      throw error
    })
    const mine = present(name)
    const isThere = (): boolean => present(name) === mine
    return { isThere, stop: async () => (isThere() ? unlisten() : forget(name)) }
  }

  return async (self, heard, lost) => {
    const [all, own] = channelsOf(self)
    const first = await listen(all, heard)
    const second = await listen(own, heard).catch((error: unknown) => {
      first.stop().catch(() => {})
      throw error
    })
    const timer = setInterval(() => (first.isThere() && second.isThere()) || lost(), 500)
    timer.unref?.()
    return async () => {
      clearInterval(timer)
      await Promise.all([first.stop(), second.stop()])
    }
  }
}

function byPglite(client: any): Listen {
  return async (self, heard) => {
    const stops = await Promise.all(channelsOf(self).map((name) => client.listen(name, heard)))
    return () => Promise.all(stops.map((stop) => stop()))
  }
}
