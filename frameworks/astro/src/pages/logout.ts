import type { APIRoute } from 'astro'

export const POST: APIRoute = ({ redirect, locals: { session } }) => {
  session.signOut()
  return redirect('/', 303)
}
