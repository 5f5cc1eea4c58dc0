import type { APIRoute } from 'astro'
import { sessions } from '../sessions'

export const GET: APIRoute = async ({ locals: { session } }) => {
  if (!sessions.revocable || session.userId === null) return new Response('no list', { status: 404 })
  const devices = await sessions.list(session.userId)
  return Response.json(devices.map(({ id }) => ({ id, isThis: id === session.id })))
}

export const POST: APIRoute = async ({ request, redirect, locals: { session } }) => {
  if (session.userId === null) return new Response('no list', { status: 404 })
  const end = String((await request.formData()).get('end'))
  if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
  else if (end !== 'all') await sessions.revoke(session.userId, end)
  else {
    await sessions.revokeAll(session.userId)
    session.signOut()
  }
  return redirect('/', 303)
}
