import { cookies } from 'next/headers'
import { route } from '../../lib/session'

export const GET = route(async (_request, session) => {
  session.renew()
  ;(await cookies()).set('theme', 'dark')
  return new Response('ok')
})
