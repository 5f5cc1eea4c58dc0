import { redirect } from 'next/navigation'
import { route, sessions } from '../../lib/session'

export const GET = route(async (_request, session) => {
  if (!sessions.revocable || session.userId === null) return new Response('no list', { status: 404 })
  const devices = await sessions.list(session.userId)
  return Response.json(devices.map(({ id }) => ({ id, isThis: id === session.id })))
})

export const POST = route(async (request, session) => {
  if (session.userId === null) return new Response('no list', { status: 404 })
  const end = String((await request.formData()).get('end'))
  if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
  else if (end !== 'all') await sessions.revoke(session.userId, end)
  else {
    await sessions.revokeAll(session.userId)
    session.signOut()
  }
  redirect('/')
})
