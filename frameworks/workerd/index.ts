import { env } from 'cloudflare:workers'
import { createSessions } from 'sojourn'
import { durableObjectStore } from 'sojourn/durable-object'
import { sojourn } from 'sojourn/fetch'

export { SojournObject } from 'sojourn/durable-object'

const sessions = createSessions({ store: durableObjectStore(env.SESSIONS), storeTimeout: 1 })

export default {
  fetch: sojourn(sessions, async (request, session) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/devices' && session.userId !== null) return Response.json(await sessions.list(session.userId))
    session.data.visits = (session.data.visits ?? 0) + 1
    return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}\n`)
  }),
}
