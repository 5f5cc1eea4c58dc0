import { STATUS_CODES } from 'node:http'
import type { Session } from '../session/session.ts'
import { makeReadOnly } from '../session/session-access.ts'
import type { Sessions } from '../sessions.ts'
import { errorStatus } from './shared/answer-error.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'

/** Middleware of a Socket.IO server or namespace. It puts the session at `socket.data.session`. */
export type SocketMiddleware = (socket: SessionSocket, next: (error?: Error) => void) => Promise<void>

/** The parts of Socket.IO's `Socket` that this adapter uses. */
interface SessionSocket {
  readonly request: { readonly headers: { readonly cookie?: string | undefined } }
  readonly conn: { close(): unknown; once(event: 'close', listener: () => void): unknown }
  data: { session?: Session }
  once(event: 'disconnect', listener: () => void): unknown
  disconnect(closesConnection?: boolean): unknown
}

const readOnlyHint = 'a socket sends no cookie. Change the session in a request.'

/**
 * Middleware for Socket.IO 4: opens the session of the handshake at `socket.data.session`, where it can be read. The socket is
 * disconnected within a second after the session of its user ends, on any server, if sessions are in a store: `io server
 * disconnect` at the client. After a renewal the connection is closed, and the client connects again with the new cookie.
 *
 * An open socket is no use of the session, so it does not keep it from idling out. If the store does not answer, the client gets
 * `connect_error` with `data.status` 503.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * io.use(sojourn(sessions))
 * io.on('connection', (socket) => socket.emit('hello', socket.data.session.userId))
 * ```
 */
export function sojourn(sessions: Sessions<any>): SocketMiddleware {
  checkSessions(sessions)
  checkSecrets(lifecycleOf(sessions))

  return async function sojourn(socket, next) {
    const closed = new AbortController()
    const stop = (): void => closed.abort()
    socket.conn.once('close', stop)
    socket.once('disconnect', stop)
    try {
      const session = await sessions.open(socket.request.headers.cookie)
      const { userId } = session
      makeReadOnly(session, readOnlyHint)
      socket.data.session = session
      // Without a store, no session ends from elsewhere.
      const canEnd = userId !== null && sessions.revocable
      if (canEnd && !closed.signal.aborted) disconnectWith(sessions, session, socket, closed.signal)
      next()
    } catch (error) {
      const status = errorStatus(error)
      if (status === 500) console.error(error)
      // Socket.IO sends the message to the client, and that of our error may name the store.
      next(Object.assign(new Error(STATUS_CODES[status]), { data: { status } }))
    }
  }
}

function disconnectWith(sessions: Sessions<any>, session: Session, socket: SessionSocket, until: AbortSignal): void {
  const ended = sessions.watch(session, { until })
  ended.addEventListener('abort', () => {
    // A client connects again by itself after its connection has broken, and not after the server has disconnected it.
    if (ended.reason === 'renewed') socket.conn.close()
    else socket.disconnect(true)
  })
}
