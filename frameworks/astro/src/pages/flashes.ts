import type { APIRoute } from 'astro'

export const GET: APIRoute = ({ locals: { session } }) => Response.json(session.takeFlashes())
