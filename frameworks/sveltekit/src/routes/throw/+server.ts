import type { RequestHandler } from './$types'

export const GET: RequestHandler = ({ locals: { session } }) => {
  session.data['lost'] = true
  throw new Error('a mistake in a handler')
}
