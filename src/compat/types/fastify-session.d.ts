// Written by hand, because the types of @fastify/session must remain its own: `declare module 'fastify'` with an `interface Session` then
// continues to work, and `request.session` is declared once.
import type * as peer from '@fastify/session'
import type { FastifyPluginCallback } from 'fastify'
import type { SessionManagement } from '../express/management.ts'
import type { FastifyDropInOptions } from '../fastify/options.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lists and revokes the sessions of a user. Only with a store of Sojourn. */
    sessionManagement: SessionManagement
  }
}

type Plugin = FastifyPluginCallback<fastifySession.FastifySessionOptions>

/**
 * Plugin for Fastify 5 with the options and the conduct of @fastify/session, and the guarantees of Sojourn. Register @fastify/cookie
 * before it.
 *
 * Registering throws an error for an invalid option of @fastify/session, and `ERR_OPTIONS` for one of Sojourn.
 */
declare function fastifySession(...parameters: Parameters<Plugin>): void

declare namespace fastifySession {
  /** The options of @fastify/session, and those of Sojourn. */
  interface FastifySessionOptions extends Omit<peer.FastifySessionOptions, 'store'>, FastifyDropInOptions {}
  type CookieOptions = peer.CookieOptions
  type FastifySessionObject = peer.FastifySessionObject
  type SessionStore = peer.SessionStore

  const MemoryStore: typeof peer.MemoryStore
  type MemoryStore = peer.MemoryStore
  const Store: typeof peer.MemoryStore
  type Store = peer.MemoryStore
  const fastifySession: Plugin
}

export import FastifySessionOptions = fastifySession.FastifySessionOptions
export import CookieOptions = fastifySession.CookieOptions
export import FastifySessionObject = fastifySession.FastifySessionObject
export import SessionStore = fastifySession.SessionStore
export import MemoryStore = fastifySession.MemoryStore
export import Store = fastifySession.Store
export type { SessionManagement } from '../express/management.ts'
export type { FastifyDropInOptions } from '../fastify/options.ts'
export { fastifySession, fastifySession as 'module.exports' }
export default fastifySession
