import type { RequestHandler } from './$types'

export const GET: RequestHandler = ({ cookies, locals: { session } }) => {
  session.renew()
  cookies.set('theme', 'dark', { path: '/' })
  return new Response('ok')
}
