import { redirect } from 'next/navigation'
import { route } from '../../lib/session'

export const POST = route(async (request, session) => {
  const form = await request.formData()
  session.signIn(String(form.get('name')))
  redirect('/')
})
