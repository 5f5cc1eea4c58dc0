import type { RequestHandler } from './$types'

export const GET: RequestHandler = ({ locals: { session } }) => new Response(session.userId)
