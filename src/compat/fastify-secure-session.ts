import { checkSeconds } from '../core/check-options.ts'
import { optionsError } from '../core/errors.ts'
import type { FastifyInstance, FastifyRequest } from './fastify/host.ts'
import { commitSession, type CookieOptions, type NamedSession } from './secure-session/commit-session.ts'
import { readKeys, type KeyOptions, type Keys } from './secure-session/keys.ts'
import { requirePackage } from './secure-session/require-package.ts'
import { createSessionCookie } from './secure-session/session-cookie.ts'
import { createSession, type Session } from './secure-session/session.ts'

/** The options that Sojourn's drop-in has besides those of @fastify/secure-session. */
export interface SecureSessionDropInOptions {
  /** Whether a response that sets the cookie gets `Cache-Control: no-store` and `Vary: Cookie`. @default true */
  cacheHeaders?: boolean | undefined
  /**
   * How cookies are written. Both kinds are read. With `'peer'`, servers with @fastify/secure-session read them as well, for a roll-out on
   * several servers; a copy of an earlier cookie then remains valid after the session was deleted.
   *
   * @default 'sealed'
   */
  wire?: 'sealed' | 'peer' | undefined
}

/** The options of one session. The types of @fastify/secure-session document those of that library. */
interface Options extends KeyOptions, SecureSessionDropInOptions {
  readonly sessionName?: string | undefined
  readonly cookieName?: string | undefined
  readonly cookieOptions?: CookieOptions | undefined
  readonly cookie?: CookieOptions | undefined
  readonly expiry?: number | undefined
}

interface Log {
  debug(text: string): void
}

type Request = FastifyRequest & { readonly log: Log } & Record<string, any>

type Instance = FastifyInstance & {
  readonly log: Log
  hasPlugin(name: string): boolean
  register(plugin: unknown, options?: object): Instance
  unsignCookie(value: string): { readonly valid: boolean; readonly value: string | null }
}

/**
 * The plugin of @fastify/secure-session with cookies that Sojourn seals. `types/fastify-secure-session.d.ts` documents it for callers.
 *
 * One function, because all decorators and hooks share the sessions of the options.
 */
function register(app: Instance, options: Options | readonly Options[], done: (error?: unknown) => void): void {
  const named = new Map<string, NamedSession>()
  let cookieSecret: Keys['cookieSecret'] = ''
  try {
    for (const each of [options].flat() as readonly Options[]) {
      const keys = readKeys(each)
      const name = each.sessionName || 'session'
      cookieSecret = keys.cookieSecret
      app.decorateRequest(name, null)
      named.set(name, createNamed(name, each, keys))
    }
    if (named.size === 0) throw optionsError('The list of sessions is empty.')
  } catch (error) {
    return done(error)
  }

  const [first] = named.keys()
  function nameOf(name = first!): NamedSession {
    const found = named.get(name)
    if (found === undefined) throw new Error('Unknown session key.')
    return found
  }

  function decode(value: string | undefined, log: Log = app.log, name?: string): Session | null {
    if (value === undefined) return null
    const opened = nameOf(name).cookie.open(value)
    if (typeof opened !== 'string') return opened
    log.debug(`@fastify/secure-session: ${opened}`)
    return null
  }

  app.decorate('createSecureSession', (values?: object) => createSession(values))
  app.decorate('decodeSecureSession', decode)
  app.decorate('encodeSecureSession', (session: Session, name?: string) => {
    const { cookie } = nameOf(name)
    return cookie.seal(cookie.tokenOf(session))
  })

  const hooks = withoutScope((scope: Instance, _options: unknown, ready: () => void) => {
    scope.addHook('onRequest', (request, _reply, next) => {
      for (const [name, { cookieName, attributes }] of named) {
        const value = request.cookies?.[cookieName]
        const unsigned = value !== undefined && attributes.signed === true ? app.unsignCookie(value) : null
        const text = unsigned?.valid ? (unsigned.value ?? undefined) : value
        const session = decode(text, (request as Request).log, name) ?? createSession()
        Reflect.set(request, name, session)
      }
      next()
    })
    scope.addHook('onSend', (request, reply, _payload, next) => {
      try {
        for (const [name, each] of named) commitSession((request as Request)[name], each, reply)
      } catch (error) {
        return next(error)
      }
      next()
    })
    ready()
  })
  if (!app.hasPlugin('@fastify/cookie')) {
    const cookiePlugin = requirePackage('@fastify/cookie')
    if (cookiePlugin === null)
      return done(optionsError('@fastify/cookie is not installed. Install it: npm install @fastify/cookie'))
    app.register(cookiePlugin, { secret: cookieSecret })
  }
  app.register(hooks)
  done()
}

function createNamed(name: string, options: Options, keys: Keys): NamedSession {
  const { cookieName = name, cookie: alias = {}, cookieOptions = alias } = options
  const { cacheHeaders = true, wire = 'sealed' } = options
  // A day and a second, as @fastify/secure-session has it.
  const expiry = options.expiry == null || options.expiry === 0 ? 86_401 : options.expiry
  checkSeconds('expiry', expiry, 1)
  return {
    cookieName,
    attributes: { ...cookieOptions, httpOnly: cookieOptions.httpOnly ?? true },
    isPrivate: cacheHeaders,
    cookie: createSessionCookie(cookieName, expiry, keys, wire),
  }
}

/** Without the mark, the plugin would serve only its own instance, which has no routes. */
const withoutScope = <Plugin extends object>(plugin: Plugin): Plugin =>
  Object.assign(plugin, { [Symbol.for('skip-override')]: true })

const plugin = Object.assign(withoutScope(register), {
  [Symbol.for('fastify.display-name')]: '@fastify/secure-session',
  // The name of the original, because other plugins depend on it.
  [Symbol.for('plugin-meta')]: { name: '@fastify/secure-session', fastify: '5.x' },
})
const fastifySecureSession = Object.assign(plugin, { fastifySecureSession: plugin })

export { fastifySecureSession as default, fastifySecureSession as 'module.exports', fastifySecureSession }
