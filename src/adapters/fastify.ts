import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { errorStatus } from './shared/answer-error.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { commitBeforeHeaders, commitInHook } from './shared/commit-before-headers.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { findOpenSession, findResponseState, keepSession, recordOpenSession } from './shared/nesting.ts'
import { removeEntityHeaders } from './shared/node-headers.ts'
import type { ResponseState } from './shared/response-state.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The session of this request. */
    session: Session
  }
}

/** Options of `app.register(sojourn, …)`. */
export interface FastifySessionOptions {
  /** The return value of `createSessions()`. */
  sessions: Sessions<any>
}

// Asynchronous, so that what it throws fails the start.
const register: FastifyPluginAsync<FastifySessionOptions> = async (app, { sessions }) => {
  checkSessions(sessions)
  const lifecycle = lifecycleOf(sessions)
  checkSecrets(lifecycle)
  const commitLater = commitBeforeHeaders(lifecycle)
  // Each registration has its own, because one request may have sessions of several.
  const stateKey = Symbol('sojourn')
  type Reply = FastifyReply & { [stateKey]?: ResponseState | undefined }

  if (!app.hasRequestDecorator('session')) app.decorateRequest('session')

  app.addHook('onRequest', async (request, reply: Reply) => {
    const outerSession = findOpenSession(request.raw, sessions)
    if (outerSession !== undefined) {
      request.session = keepSession(request.session, outerSession)
      // If middleware for Express opened it: its `next` cannot pass a failed commit to the error handler any more.
      reply[stateKey] = findResponseState(request.raw, sessions)
      return
    }
    const opened = lifecycle.open(request.headers.cookie)
    const session = opened instanceof Promise ? await opened : opened
    recordOpenSession(request.raw, sessions, session)
    request.session = session
    // These hooks also commit what is sent by `reply.raw`.
    reply[stateKey] = commitLater(session, request.raw, reply.raw, null)
  })

  app.addHook('onSend', async (_, reply: Reply, payload) => {
    const state = reply[stateKey]
    // A stream may fail before its first byte. Its session is committed with that byte.
    if (state === undefined || isStream(payload)) return
    try {
      await commitInHook(state, reply.statusCode, reply.getHeaders())
    } catch (error) {
      // An error handler that sets no status would send that of the handler, with its headers.
      reply.code(errorStatus(error))
      removeEntityHeaders(reply)
      throw error
    }
  })
}

const isStream = (payload: unknown): boolean =>
  payload instanceof Object && ('pipe' in payload || 'getReader' in payload || payload instanceof Response)

/**
 * Plugin for Fastify 5: opens the request's session at `request.session` and commits it before the response's first header
 * leaves, in an `onSend` hook, or when the handler writes to `reply.raw` after `reply.hijack()`. It serves the routes of the
 * instance that it is registered on, and of those inside.
 *
 * A failed commit goes to the error handler: 500 for data that JSON cannot represent, 503 for `ERR_SESSION_UNAVAILABLE`. For
 * a stream, and after `reply.hijack()`, the client gets that status with a short text instead. Register hooks that use the session, or
 * may fail, before this plugin: its own `onSend` hook commits.
 *
 * Registering throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 *
 * @example
 * ```ts
 * const app = fastify()
 * app.register(sojourn, { sessions: createSessions() })
 * app.get('/', async (request) => `Hello, ${request.session.userId ?? 'guest'}`)
 * ```
 */
export const sojourn: FastifyPluginAsync<FastifySessionOptions> = Object.assign(register, {
  // Without it, the plugin would serve only its own instance, which has no routes.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'sojourn',
  [Symbol.for('plugin-meta')]: { name: 'sojourn', fastify: '5.x' },
})
