import { redirect } from '@sveltejs/kit'
import type { RequestHandler } from './$types'

export const POST: RequestHandler = async ({ request, locals: { session } }) => {
  const form = await request.formData()
  session.signIn(String(form.get('name')))
  redirect(303, '/')
}
