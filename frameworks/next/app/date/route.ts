import { route } from '../../lib/session'

export const GET = route((_request, session) => {
  session.data['at'] = new Date()
  return new Response('ok')
})
