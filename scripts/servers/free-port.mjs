// @ts-check
import { once } from 'node:events'
import { createServer } from 'node:net'
import { waitUntil } from './wait-until.mjs'

// The range lies below the ports that systems give to outgoing connections. Such a port could be taken again before the server uses it.
const lowestPort = 11_000
const portCount = 21_000

/**
 * Finds a port of 127.0.0.1 that no server listens on.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  const port = lowestPort + Math.floor(Math.random() * portCount)
  const server = createServer().listen(port, '127.0.0.1')
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  if (!isFree) return freePort()
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Resolves once a URL responds, with any status.
 *
 * @param {string} url
 */
export async function untilAnswered(url) {
  await waitUntil(async () => (await fetch(url)).status > 0, `${url} did not respond`)
}
