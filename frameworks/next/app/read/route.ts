import { route } from '../../lib/session'

export const GET = route((_request, session) => new Response(session.userId))
