import { redirect } from 'react-router'
import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/login'

export async function action({ request, context }: Route.ActionArgs) {
  const form = await request.formData()
  context.get(sessionContext).signIn(String(form.get('name')))
  throw redirect('/')
}
