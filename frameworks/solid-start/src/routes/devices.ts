import type { APIEvent } from '@solidjs/start/server'
import { redirect } from '@solidjs/router'
import { sessions } from '../sessions'

export async function GET({ nativeEvent }: APIEvent) {
  const { session } = nativeEvent.context
  if (!sessions.revocable || session.userId === null) return new Response('no list', { status: 404 })
  const devices = await sessions.list(session.userId)
  return Response.json(devices.map(({ id }) => ({ id, isThis: id === session.id })))
}

export async function POST({ request, nativeEvent }: APIEvent) {
  const { session } = nativeEvent.context
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
