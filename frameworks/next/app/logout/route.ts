import { redirect } from 'next/navigation'
import { route } from '../../lib/session'

export const POST = route((_request, session) => {
  session.signOut()
  redirect('/')
})
