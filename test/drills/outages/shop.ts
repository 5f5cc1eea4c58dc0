import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { sojourn } from '../../../src/adapters/node.ts'
import {
  createSessions,
  type Session,
  type SessionEvent,
  type Sessions,
  type SessionsOptions,
} from '../../../src/index.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { secrets, secure } from '../../support/sessions.ts'

/** The answer of a page of the shop. */
export interface Page {
  readonly user: string | null
  readonly id: string | null
  readonly cart: readonly string[]
  readonly flashes: readonly string[]
  readonly confirmed: boolean
}

/** A web server of its own, as one of several that share a store. */
export interface Shop {
  readonly port: number
  readonly sessions: Sessions
  readonly events: readonly SessionEvent[]
  /** When the store was reported as down and as up, by `performance.now()`. */
  readonly changes: readonly { readonly at: number; readonly event: SessionEvent }[]
  /** How often an event was reported. */
  count(type: SessionEvent['type']): number
  stop(): Promise<void>
}

const actions: Record<string, (session: Session, query: URLSearchParams) => void> = {
  '/': () => {},
  '/sign-in': (session, query) => session.signIn(query.get('user')!),
  '/sign-out': (session) => session.signOut(),
  '/renew': (session) => session.renew(),
  '/cart': (session, query) => (session.data['cart'] = [...cartOf(session), query.get('item')!]),
  '/count': (session) => session.update('cart', (cart) => [...((cart as string[] | undefined) ?? []), 'one']),
  '/flash': (session, query) => session.flash('info', query.get('text')!),
  '/flashes': () => {},
}

const cartOf = ({ data }: Session): string[] => (data['cart'] as string[] | undefined) ?? []

/**
 * Opens a shop on a free port. `/public` is a page that does not touch the session; each page takes as many milliseconds as
 * its `wait` says, after it was opened and before it is committed.
 */
export async function openShop(store: SessionStore, options: SessionsOptions = {}): Promise<Shop> {
  const events: SessionEvent[] = []
  const changes: { at: number; event: SessionEvent }[] = []
  const onEvent = (event: SessionEvent): void => {
    if (event.type !== 'opened') events.push(event)
    if (/^store-(down|up)$/.test(event.type)) changes.push({ at: performance.now(), event })
  }
  const sessions = createSessions({ secrets, cookie: secure, store, onEvent, ...options })
  const server = createServer(
    sojourn(sessions, async ({ url = '/', session }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://shop')
      if (pathname === '/public') return response.end('Open all day.')
      const wait = searchParams.get('wait')
      if (wait !== null) await pause(Number(wait))
      actions[pathname]!(session, searchParams)
      const flashes = pathname === '/flashes' ? session.takeFlashes().map(({ message }) => message) : []
      const { userId: user, id, confirmed } = session
      const page: Page = { user, id, cart: cartOf(session), flashes, confirmed }
      return response.end(JSON.stringify(page))
    }),
  )
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    events,
    changes,
    count: (type) => events.filter((event) => event.type === type).length,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
