import type { APIRoute } from 'astro'

export const GET: APIRoute = ({ locals: { session } }) => new Response(session.userId)
