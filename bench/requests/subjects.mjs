import { createSealedCookie, createSignedCookie } from '../by-hand.mjs'
import { createFlask, createSealed } from '../sojourn.mjs'
import { measureServer } from './measure.mjs'
import * as servers from './servers.mjs'

/** Servers by their host. Those with the name of a library are compared with the one without. */
const hosts = {
  'node:http': [
    { onEachNode: true, start: servers.startNode },
    { name: 'signed by hand', onEachNode: true, start: () => servers.startByHand(createSignedCookie()) },
    { name: 'sealed by hand', start: () => servers.startByHand(createSealedCookie()) },
    { name: 'Sojourn', onEachNode: true, start: async () => servers.startSojournOnNode(await createSealed()) },
    { name: 'Sojourn, Flask’s cookie', start: async () => servers.startSojournOnNode(await createFlask()) },
  ],
  'Express 5': [
    { onEachNode: true, start: () => servers.startExpress() },
    { name: 'Sojourn', onEachNode: true, start: async () => servers.startSojournOnExpress(await createSealed()) },
    {
      name: 'express-session, in memory',
      dropIn: 'Sojourn’s drop-in, in memory',
      onEachNode: true,
      start: () => servers.startExpressSession(),
    },
    { name: 'Sojourn’s drop-in, in memory', onEachNode: true, start: () => servers.startDropIn() },
    { name: 'cookie-session', onEachNode: true, start: servers.startCookieSession },
  ],
  Hono: [
    { start: () => servers.startHono() },
    { name: 'Sojourn', start: async () => servers.startSojournOnHono(await createSealed()) },
    { name: 'hono-sessions, in the cookie', start: servers.startHonoSessions },
  ],
  'Fastify 5': [
    { start: () => servers.startFastify() },
    { name: '@fastify/secure-session', start: servers.startSecureSession },
  ],
}

export const subjects = Object.entries(hosts).flatMap(([host, list]) =>
  list.map(({ name, dropIn, onEachNode, start }) => ({
    row: name ? `${host} + ${name}` : host,
    ...(name && { plain: host, than: `${host === 'Fastify 5' ? 'node:http' : host} + Sojourn` }),
    ...(dropIn && { dropIn: `${host} + ${dropIn}` }),
    onEachNode,
    start: async () => measureServer(await start(), name !== undefined),
  })),
)
