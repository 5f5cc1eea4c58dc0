// Written by hand, because the types of @fastify/secure-session must remain its own: `declare module '@fastify/secure-session'` with an
// `interface SessionData` then continues to work, and `request.session` is declared once.
import type * as peer from '@fastify/secure-session'
import type { FastifyPluginCallback } from 'fastify'
import type { SecureSessionDropInOptions } from '../fastify-secure-session.ts'

/** The options that each way of giving a key has. */
type PeerOptions = Partial<Pick<peer.SecureSessionPluginOptions, keyof peer.SecureSessionPluginOptions>>

type Plugin = FastifyPluginCallback<
  fastifySecureSession.SecureSessionPluginOptions | fastifySecureSession.SecureSessionPluginOptions[]
>

/**
 * Plugin for Fastify 5 with the options and the conduct of @fastify/secure-session, whose cookies Sojourn seals. It reads the cookies that
 * @fastify/secure-session wrote, and replaces them.
 *
 * Registering throws an error for an invalid key.
 */
declare function fastifySecureSession(...parameters: Parameters<Plugin>): void

declare namespace fastifySecureSession {
  /** The options of @fastify/secure-session, and those of Sojourn. `salt` is optional. */
  type SecureSessionPluginOptions = PeerOptions &
    SecureSessionDropInOptions & {
      cookieOptions?: peer.SecureSessionPluginOptions['cookie']
    } & (
      { key: string | Buffer | (string | Buffer)[] } | { secret: string | Buffer; salt?: string | Buffer | undefined }
    )
  type Session<T = peer.SessionData> = peer.Session<T>
  const fastifySecureSession: Plugin
}

export import SecureSessionPluginOptions = fastifySecureSession.SecureSessionPluginOptions
export import Session = fastifySecureSession.Session
export type { SecureSessionDropInOptions } from '../fastify-secure-session.ts'
export { fastifySecureSession, fastifySecureSession as 'module.exports' }
export default fastifySecureSession
