import type { APIRoute } from 'astro'

export const POST: APIRoute = async ({ request, redirect, locals: { session } }) => {
  const form = await request.formData()
  session.signIn(String(form.get('name')))
  return redirect('/', 303)
}
