import { express } from './express.mjs'
import { fastify } from './fastify.mjs'
import { hono } from './hono.mjs'
import { koa } from './koa.mjs'
import { nodeHttp } from './node-http.mjs'

/**
 * A server of which whole requests are measured. Each host has a `bare` one, which the others are compared with.
 *
 * @typedef {object} Variant
 * @property {string} name
 * @property {string} host
 * @property {'bare' | 'floor' | 'sojourn' | 'peer'} kind
 * @property {boolean} [keepsCookie] a change may send no Set-Cookie, since the session is kept in memory, or in a store
 * @property {() => import('node:http').Server | Promise<import('node:http').Server>} start imports what it needs, so
 *   that no process has what it does not use
 *
 * @type {readonly Variant[]}
 */
export const variants = [...nodeHttp, ...express, ...hono, ...fastify, ...koa]

/** @param {Pick<Variant, 'host' | 'kind' | 'name'>} variant */
export const idOf = ({ host, name }) => (name === host ? host : `${host} + ${name}`)
