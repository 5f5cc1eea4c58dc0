import { route } from '../lib/session'

export const GET = route((_request, session) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
})
