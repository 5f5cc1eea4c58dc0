import type { Listen } from './connection.ts'
import { channel } from './statements.ts'

/** How to listen by a client that can. */
export function listenBy(client: any): Listen {
  if (typeof client.listen !== 'function') return byPool(client)
  return typeof client.unsafe === 'function' ? byPostgresJs(client) : byPglite(client)
}

/** As pg's is. Not one of its connections, since it may have but one. */
function byPool(pool: any): Listen {
  return async (heard, lost) => {
    const listener = new pool.Client(pool.options)
    const close = () => listener.end()
    listener.on('error', lost)
    listener.on('end', lost)
    listener.on('notification', ({ payload }: { payload?: unknown }) => heard(String(payload)))
    try {
      await listener.connect()
      await listener.query(`LISTEN ${channel}`)
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
  const present = () => sql.listen.channels?.[channel]
  // Otherwise it would give what is there for ever: an error, or what was listened to before.
  const forget = () => delete sql.listen.channels?.[channel]

  return async (heard, lost) => {
    const { unlisten } = await sql.listen(channel, heard).catch((error: unknown) => {
      forget()
      throw error
    })
    const mine = present()
    const timer = setInterval(() => present() === mine || lost(), 500)
    timer.unref?.()
    return () => {
      clearInterval(timer)
      return present() === mine ? unlisten() : forget()
    }
  }
}

const byPglite =
  (client: any): Listen =>
  (heard) =>
    client.listen(channel, heard)
