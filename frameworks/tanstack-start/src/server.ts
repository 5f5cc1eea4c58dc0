import handler, { createServerEntry } from '@tanstack/react-start/server-entry'
import type { Session } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { sessions } from './sessions'

interface Server {
  requestContext: { session: Session }
}
declare module '@tanstack/react-start' {
  interface Register {
    server: Server
  }
}
// Needed if src/router.tsx declares a Register of this module, as in new projects.
declare module '@tanstack/react-router' {
  interface Register {
    server: Server
  }
}

export default createServerEntry({
  fetch: sojourn(sessions, (request, session) => handler.fetch(request, { context: { session } })),
})
