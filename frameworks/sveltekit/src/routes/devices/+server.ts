import { redirect } from '@sveltejs/kit'
import { sessions } from '$lib/server/sessions'
import type { RequestHandler } from './$types'

export const GET: RequestHandler = async ({ locals: { session } }) => {
  if (!sessions.revocable || session.userId === null) return new Response('no list', { status: 404 })
  const devices = await sessions.list(session.userId)
  return Response.json(devices.map(({ id }) => ({ id, isThis: id === session.id })))
}

export const POST: RequestHandler = async ({ request, locals: { session } }) => {
  if (session.userId === null) return new Response('no list', { status: 404 })
  const end = String((await request.formData()).get('end'))
  if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
  else if (end !== 'all') await sessions.revoke(session.userId, end)
  else {
    await sessions.revokeAll(session.userId)
    session.signOut()
  }
  redirect(303, '/')
}
