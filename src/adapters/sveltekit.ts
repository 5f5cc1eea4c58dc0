import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { sojourn as sojournOfFetch } from './fetch.ts'

declare global {
  namespace App {
    interface Locals {
      /** The session of this request. */
      session: Session
    }
  }
}

/** The parts of SvelteKit's `RequestEvent` that this adapter uses. */
interface SvelteKitEvent {
  readonly request: Request
  readonly locals: { session: Session }
}

/** A `Handle` of SvelteKit. */
export type SessionHandle = <Event extends SvelteKitEvent>(input: HandleInput<Event>) => Promise<Response>

interface HandleInput<Event> {
  readonly event: Event
  resolve(event: Event): Response | Promise<Response>
}

/**
 * The `handle` of SvelteKit's `hooks.server.ts`: opens the request's session at `event.locals.session` and commits it before the
 * response leaves, also if a form action calls `redirect()` or `error()`. With other hooks, use `sequence(sojourn(sessions), …)`.
 *
 * If the store does not answer, the visitor gets 503 instead of SvelteKit's 500.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * export const handle = sojourn(createSessions())
 * ```
 */
export function sojourn(sessions: Sessions<any>): SessionHandle {
  const handle = sojournOfFetch(
    sessions,
    (_, session, event: SvelteKitEvent, resolve: (event: any) => Response | Promise<Response>) => {
      event.locals.session = session
      return resolve(event)
    },
  )
  return async ({ event, resolve }) => handle(event.request, event, resolve)
}
