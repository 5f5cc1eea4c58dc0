import type { APIRoute } from 'astro'

export const POST: APIRoute = ({ locals: { session } }) => {
  session.signOut()
  throw new Error('a mistake after a sign-out')
}
