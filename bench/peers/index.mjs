import { cookieSessionPeer } from './cookie-session.mjs'
import { expressSessionPeer } from './express-session.mjs'
import { floors } from './floors.mjs'
import { h3Peer } from './h3.mjs'
import { ironSessionPeer } from './iron-session.mjs'
import { josePeers } from './jose.mjs'
import { koaSessionPeer } from './koa-session.mjs'
import { reactRouterPeer } from './react-router.mjs'
import { secureSessionPeer } from './secure-session.mjs'
import { sojourns } from './sojourn.mjs'

/**
 * A library, as the session primitive is measured: what a request's session work is, through its public API.
 *
 * @typedef {object} Library
 * @property {(data: any) => any} make gives a session this data; its Set-Cookie, or Cookie
 * @property {(header: string, key: string) => any} read opens the session of a Cookie header and reads a value
 * @property {(header: string, key: string, next: (value: any) => unknown) => any} change opens, changes a value, and
 *   keeps it: its Set-Cookie, or `undefined` where the cookie stays
 * @property {() => unknown} [forget] is called before each measurement, outside of the clock
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {'floor' | 'sojourn' | 'peer'} kind
 * @property {number} [operations] of a measurement
 * @property {number} [inFlight] how many at a time, of what gives promises
 * @property {() => Library | Promise<Library>} create
 *
 * @type {readonly Contender[]}
 */
export const contenders = [
  ...floors,
  ...sojourns,
  secureSessionPeer,
  expressSessionPeer,
  cookieSessionPeer,
  koaSessionPeer,
  ...josePeers,
  reactRouterPeer,
  ironSessionPeer,
  h3Peer,
]
