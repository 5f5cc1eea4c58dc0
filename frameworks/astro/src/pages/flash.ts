import type { APIRoute } from 'astro'

export const POST: APIRoute = ({ locals: { session } }) => {
  session.flash('info', 'hello')
  return new Response('ok')
}
