import type { RequestHandler } from './$types'

export const GET: RequestHandler = ({ locals: { session } }) => {
  session.data['at'] = new Date()
  return new Response('ok')
}
