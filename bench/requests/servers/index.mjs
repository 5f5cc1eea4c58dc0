import { expressServers } from './express.mjs'
import { fastifyServers } from './fastify.mjs'
import { honoServers } from './hono.mjs'
import { koaServers } from './koa.mjs'
import { nodeServers } from './node-http.mjs'

/**
 * A server whose whole requests are measured. The one without a name has no sessions; those of the same host are
 * compared with it.
 *
 * @typedef {object} Server
 * @property {string} host
 * @property {string} [name] of the session library
 * @property {() => import('node:http').Server | Promise<import('node:http').Server>} start imports what it needs, so
 *   that no process contains other libraries
 *
 * @type {readonly Server[]}
 */
export const servers = [...nodeServers, ...expressServers, ...honoServers, ...fastifyServers, ...koaServers]

/** @param {Server} server */
export const idOf = ({ host, name }) => (name === undefined ? host : `${host} + ${name}`)
