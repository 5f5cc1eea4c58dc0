import handler, { createServerEntry } from '@tanstack/react-start/server-entry'
import type { Session } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { sessions } from './sessions'

declare module '@tanstack/react-start' {
  interface Register {
    server: { requestContext: { session: Session } }
  }
}

export default createServerEntry({
  fetch: sojourn(sessions, (request, session) => handler.fetch(request, { context: { session } })),
})
