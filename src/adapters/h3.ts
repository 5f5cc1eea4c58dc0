import { toResponse, type H3Event, type Middleware } from 'h3'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { sojourn as sojournOfFetch } from './fetch.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'

declare module 'h3' {
  interface H3EventContext {
    /** The session of this request. */
    session: Session
  }
}

/**
 * Middleware for h3 2 and Nitro 3: opens the request's session at `event.context.session` and commits it before the response
 * leaves.
 *
 * If a handler throws, the application's `onError` and h3 make the response as usual, and a sign-out before the error still
 * takes effect. If the session cannot be saved, the client gets the error's status with a short text: 500 for data that JSON
 * cannot represent, 503 for `ERR_SESSION_UNAVAILABLE`.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * const app = new H3()
 * app.use(sojourn(createSessions()))
 * app.get('/', ({ context: { session } }) => `Hello, ${session.userId ?? 'guest'}`)
 * ```
 */
export function sojourn(sessions: Sessions<any>): Middleware {
  const handle = sojournOfFetch(sessions, async (_, session, event: H3Event, next: () => unknown) => {
    event.context.session = session
    // The commit needs the status, and h3 drops prepared headers if a handler throws. h3 calls `onResponse` later, with ours.
    const { onResponse: _onResponse, ...config } = event.app?.config ?? {}
    return toResponse((async () => next())(), event, config)
  })
  checkSecrets(lifecycleOf(sessions))
  return (event, next) => handle(event.req, event, next)
}
