import type { Context } from 'hono'
import type { Outcome, Session } from 'sojourn'
import type { Parts } from '../dependencies.ts'

/** So often that no proxy takes the connection for dead; milliseconds. */
const keepAlive = 15_000

/**
 * Tells a page, as a server-sent event, that the sign-in it was made for has ended, and why. It is open as long as the page is,
 * and no use of the session: it opens the session by itself, in the background.
 */
export function sessionEnded({ sessions, stopping }: Parts) {
  const open = new Set<() => void>()
  // One listener for all, since Node warns of many.
  stopping.addEventListener('abort', () => open.forEach((close) => close()))

  return async function ended(c: Context): Promise<Response> {
    if (!sessions.revocable) return c.notFound()
    const session = await sessions.open(c.req.header('cookie'))
    const { outcome } = session
    const isHere = outcome !== 'unavailable' && session.userId !== null && session.id === c.req.query('of')
    const headers = await sessions.commit(session, { background: true })
    // A page asks again by and by.
    if (outcome === 'unavailable' || stopping.aborted) {
      headers.set('Retry-After', '30')
      return new Response(null, { status: 503, headers })
    }
    headers.set('Content-Type', 'text/event-stream')
    headers.set('Cache-Control', 'no-store')
    // nginx would keep what is to be told at once.
    headers.set('X-Accel-Buffering', 'no')
    return new Response(isHere ? untilEnded(session) : lines(endedEvent(outcome)), { headers })
  }

  function untilEnded(session: Session): ReadableStream<Uint8Array> {
    const closed = new AbortController()
    return new ReadableStream({
      start(controller) {
        const write = (text: string) => controller.enqueue(lines(text))
        const signal = sessions.watch(session, { until: closed.signal })
        const timer = setInterval(() => write(': still open\n\n'), keepAlive)
        const close = () => {
          closed.abort()
          controller.close()
        }
        closed.signal.addEventListener('abort', () => {
          clearInterval(timer)
          open.delete(close)
        })
        signal.addEventListener('abort', () => {
          // A page comes back by itself, with the cookie that it has by then; who has but the old one is told that it is over.
          if (signal.reason !== 'renewed') write(endedEvent(signal.reason as Outcome))
          close()
        })
        open.add(close)
        // Not all at once, when a server starts again; and something, so that the page has its headers.
        write(`retry: ${2000 + Math.round(3000 * Math.random())}\n\n`)
      },
      cancel: () => closed.abort(),
    })
  }
}

const lines = (text: string) => new TextEncoder().encode(text)

const endedEvent = (outcome: Outcome) => `event: ended\ndata: ${reasonOf(outcome)}\n\n`

/** Why a sign-in is over. One whose cookie is gone was signed out. */
function reasonOf(outcome: Outcome): string {
  return outcome === 'revoked' || outcome === 'idle' || outcome === 'expired' ? outcome : 'ended'
}
