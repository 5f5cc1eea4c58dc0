import type { APIRoute } from 'astro'

export const GET: APIRoute = ({ cookies, locals: { session } }) => {
  session.renew()
  cookies.set('theme', 'dark', { path: '/' })
  return new Response('ok')
}
