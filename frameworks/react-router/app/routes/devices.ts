import { redirect } from 'react-router'
import { sessionContext } from 'sojourn/react-router'
import { sessions } from '../session.server'
import type { Route } from './+types/devices'

export async function loader({ context }: Route.LoaderArgs) {
  const session = context.get(sessionContext)
  if (!sessions.revocable || session.userId === null) return new Response('no list', { status: 404 })
  const devices = await sessions.list(session.userId)
  return Response.json(devices.map(({ id }) => ({ id, isThis: id === session.id })))
}

export async function action({ request, context }: Route.ActionArgs) {
  const session = context.get(sessionContext)
  if (session.userId === null) return new Response('no list', { status: 404 })
  const end = String((await request.formData()).get('end'))
  if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
  else if (end !== 'all') await sessions.revoke(session.userId, end)
  else {
    await sessions.revokeAll(session.userId)
    session.signOut()
  }
  throw redirect('/')
}
