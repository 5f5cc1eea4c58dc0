import type { APIRoute } from 'astro'

export const GET: APIRoute = ({ locals: { session } }) => {
  session.data['at'] = new Date()
  return new Response('ok')
}
