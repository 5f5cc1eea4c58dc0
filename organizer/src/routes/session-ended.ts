import type { Context } from 'hono'
import type { Outcome, Session } from 'sojourn'
import type { Dependencies } from '../dependencies.ts'

/** Often enough that no proxy closes the connection as idle. */
const keepAliveMs = 15_000

/**
 * Reports to a page, by a server-sent event, that its session has ended, and why. The response stays open as long as
 * the page. It opens the session in the background, so that it does not count as use.
 */
export function sessionEnded({ sessions, stopping }: Dependencies) {
  const openStreams = new Set<() => void>()
  // One listener for all streams, because Node warns about many.
  stopping.addEventListener('abort', () => openStreams.forEach((close) => close()))

  return async function sendSessionEnded(c: Context): Promise<Response> {
    if (!sessions.revocable) return c.notFound()
    const session = await sessions.open(c.req.header('cookie'))
    const { outcome } = session
    const isActive = outcome !== 'unavailable' && session.userId !== null && session.id === c.req.query('of')
    const headers = await sessions.commit(session, { background: true })
    // The page tries again later.
    if (outcome === 'unavailable' || stopping.aborted) {
      headers.set('Retry-After', '30')
      return new Response(null, { status: 503, headers })
    }
    headers.set('Content-Type', 'text/event-stream')
    headers.set('Cache-Control', 'no-store')
    // Without this, nginx buffers the event.
    headers.set('X-Accel-Buffering', 'no')
    return new Response(isActive ? streamUntilEnded(session) : encode(endedEvent(outcome)), { headers })
  }

  function streamUntilEnded(session: Session): ReadableStream<Uint8Array> {
    const closed = new AbortController()
    return new ReadableStream({
      start(controller) {
        const write = (text: string) => controller.enqueue(encode(text))
        const signal = sessions.watch(session, { until: closed.signal })
        const timer = setInterval(() => write(': still open\n\n'), keepAliveMs)
        const close = () => {
          closed.abort()
          controller.close()
        }
        closed.signal.addEventListener('abort', () => {
          clearInterval(timer)
          openStreams.delete(close)
        })
        signal.addEventListener('abort', () => {
          // After a renewal, a page reconnects with its new cookie. A client with the old cookie gets the event then.
          if (signal.reason !== 'renewed') write(endedEvent(signal.reason as Outcome))
          close()
        })
        openStreams.add(close)
        // Pages must not all reconnect at once after a restart. The write also sends the headers.
        write(`retry: ${2000 + Math.round(3000 * Math.random())}\n\n`)
      },
      cancel: () => closed.abort(),
    })
  }
}

const encode = (text: string) => new TextEncoder().encode(text)

const endedEvent = (outcome: Outcome) => `event: ended\ndata: ${endReason(outcome)}\n\n`

/** Why a session has ended. If its cookie is gone, the user signed out. */
function endReason(outcome: Outcome): string {
  return ['revoked', 'limit', 'idle', 'expired'].includes(outcome) ? outcome : 'ended'
}
