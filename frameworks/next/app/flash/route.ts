import { route } from '../../lib/session'

export const POST = route((_request, session) => {
  session.flash('info', 'hello')
  return new Response('ok')
})
