import { createFileRoute, redirect } from '@tanstack/react-router'
import { sessions } from '../sessions'

export const Route = createFileRoute('/devices')({
  server: {
    handlers: {
      GET: async ({ context: { session } }) => {
        if (!sessions.revocable || session.userId === null) return new Response('no list', { status: 404 })
        const devices = await sessions.list(session.userId)
        return Response.json(devices.map(({ id }) => ({ id, isThis: id === session.id })))
      },
      POST: async ({ request, context: { session } }) => {
        if (session.userId === null) return new Response('no list', { status: 404 })
        const end = String((await request.formData()).get('end'))
        if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
        else if (end !== 'all') await sessions.revoke(session.userId, end)
        else {
          await sessions.revokeAll(session.userId)
          session.signOut()
        }
        throw redirect({ to: '/', statusCode: 303 })
      },
    },
  },
})
