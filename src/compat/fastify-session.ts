import { readCookieValues } from '../cookies/cookie-header.ts'
import { findSession } from './express/find-session.ts'
import { createManagement } from './express/management.ts'
import { openingOf } from './express/stored-session-store.ts'
import { commitSession } from './fastify/commit-session.ts'
import type { CookieSettings, FastifyInstance, FastifyReply, FastifyRequest } from './fastify/host.ts'
import { MemoryStore } from './fastify/memory-store.ts'
import { readSettings, type Options, type Settings } from './fastify/options.ts'
import { Session } from './fastify/session.ts'
import type { SessionContext } from './fastify/session-state.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'

export type { FastifyDropInOptions } from './fastify/options.ts'
export type { SessionManagement } from './express/management.ts'

type Done = (error?: any) => void

/** The plugin of @fastify/session with Sojourn's guarantees. `types/fastify-session.d.ts` documents it for callers. */
function register(app: FastifyInstance, options: Options, done: Done): void {
  let settings: Settings
  try {
    settings = readSettings(options)
  } catch (error) {
    return done(error)
  }
  const { store, cookie } = settings
  app.decorate(
    'decryptSession',
    (signed: string, request: FastifyRequest, ...rest: [CookieSettings, Done] | [Done]) => {
      const [more, next] = rest.length === 1 ? [{}, rest[0]] : rest
      openSession(settings, request, null, { ...cookie, ...more }, [signed], next)
    },
  )
  app.decorate('sessionManagement', createManagement(store))
  app.decorateRequest('sessionStore', { getter: () => store })
  app.decorateRequest('session', null)

  app.addHook('onRequest', (request, reply, next) => {
    request.session = {}
    if (!isInPath(request.raw!.url!.split('?', 1)[0]!, cookie.path || '/')) return next()
    openSession(settings, request, reply, cookie, readCookies(settings, request), next)
  })
  app.addHook('onSend', (request, reply, _payload, next) => {
    if (request.session instanceof Session) commitSession(request.session, request, reply, next)
    else next()
  })
  done()
}

/** Opens the session of a request. @param signedIds what its cookies have behind the prefix */
function openSession(
  settings: Settings,
  request: FastifyRequest,
  reply: FastifyReply | null,
  cookie: CookieSettings,
  signedIds: readonly string[],
  done: Done,
): void {
  const { store, signer, replacedIds } = settings
  const opening = openingOf(store)
  const results = signedIds.map((signed) => signer.unsign(signed))
  const ids = results.flatMap(({ valid, value }) => (valid && value !== null ? [value] : []))
  findSession(store, ids, (error, id, values) => {
    if (error) return done(error)
    const canSetCookie = (): boolean => reply !== null && !reply.raw.headersSent
    const hadReplacedId = id !== undefined && replacedIds.has(id)
    const context: SessionContext = { settings, request, cookie, opening, cookieId: id, hadReplacedId, canSetCookie }
    try {
      const session = new Session(context, values, values === null ? undefined : id)
      const { originalExpires, expires } = session.cookie
      const endsAt = originalExpires ?? expires
      if (values !== null && endsAt && endsAt.valueOf() <= Date.now()) return void session.regenerate(done)
      request.session = session
    } catch (thrown) {
      return done(thrown)
    }
    done()
  })
}

/** How many cookies of one name are tried. A cookie of another path or of a parent domain must not hide ours. */
const maxCookies = 8

/** Returns the signed ids in the request's cookies, first that which @fastify/cookie has parsed. */
function readCookies({ cookieName, cookiePrefix }: Settings, request: FastifyRequest): readonly string[] {
  const header = request.headers?.['cookie']
  const values = typeof header === 'string' ? readCookieValues(header, cookieName).slice(0, maxCookies) : []
  const parsed = request.cookies?.[cookieName]
  const all = new Set([...(parsed ? [parsed] : []), ...values.map(decodeCookieValue)])
  return [...all].flatMap((value) => (value.startsWith(cookiePrefix) ? [value.slice(cookiePrefix.length)] : []))
}

/** Whether browsers send the cookie to this path (RFC 6265 section 5.1.4). */
function isInPath(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}

const plugin = Object.assign(register, {
  // Without it, the plugin would serve only its own instance, which has no routes.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@fastify/session',
  // The name of the original, because other plugins depend on it.
  [Symbol.for('plugin-meta')]: { name: '@fastify/session', fastify: '5.x', dependencies: ['@fastify/cookie'] },
  Store: MemoryStore,
  MemoryStore,
})
const fastifySession = Object.assign(plugin, { fastifySession: plugin })

export {
  fastifySession as default,
  fastifySession as 'module.exports',
  fastifySession,
  MemoryStore,
  MemoryStore as Store,
}
