import type { RequestHandler } from './$types'

export const POST: RequestHandler = ({ locals: { session } }) => {
  session.flash('info', 'hello')
  return new Response('ok')
}
