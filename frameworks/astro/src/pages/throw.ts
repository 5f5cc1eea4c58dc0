import type { APIRoute } from 'astro'

export const GET: APIRoute = ({ locals: { session } }) => {
  session.data['lost'] = true
  throw new Error('a mistake in a handler')
}
