import { Elysia } from 'elysia'
import { sessionOf, sojourn } from 'sojourn/fetch'
import { sessions } from './sessions.ts'

export const session = new Elysia({ name: 'session' })
  .wrap((fetch) => sojourn(sessions, (request) => fetch(request) as unknown as Promise<Response>))
  .derive({ as: 'global' }, ({ request }) => ({ session: sessionOf(request, sessions) }))
