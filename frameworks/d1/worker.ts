import { env } from 'cloudflare:workers'
import { createSessions } from 'sojourn'
import { d1Store } from 'sojourn/d1'
import { sojourn } from 'sojourn/fetch'

const store = d1Store(env.DB)
const sessions = createSessions({ store, storeTimeout: 1 })

export default {
  fetch: sojourn(sessions, async (request, session) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/devices' && session.userId !== null) return Response.json(await sessions.list(session.userId))
    session.data.visits = (session.data.visits ?? 0) + 1
    return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}\n`)
  }),

  async scheduled() {
    const before = Date.now() - 7 * 86_400_000
    while ((await store.sweep(before)) > 0);
  },
}
