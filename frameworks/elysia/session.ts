import { Elysia } from 'elysia'
import type { Session } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { sessions } from './sessions.ts'

const opened = new WeakMap<Request, Session>()

export const session = new Elysia({ name: 'session' })
  .wrap((fetch) =>
    sojourn(sessions, (request, session) => {
      opened.set(request, session)
      return fetch(request) as unknown as Promise<Response>
    }),
  )
  .derive({ as: 'global' }, ({ request }) => ({ session: opened.get(request)! }))
