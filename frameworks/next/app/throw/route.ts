import { route } from '../../lib/session'

export const GET = route((_request, session) => {
  session.data['lost'] = true
  throw new Error('a mistake in a handler')
})
