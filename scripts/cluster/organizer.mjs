import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { startProcess } from '../servers/child-process.mjs'
import { freePort } from '../servers/free-port.mjs'
import { waitUntil } from '../servers/wait-until.mjs'
import { createService } from './service.mjs'

const main = fileURLToPath(new URL('../../organizer/dist/main.js', import.meta.url))
const drainTimeoutMs = 10_000

/** Runs one organizer, which gets requests from the balancer while it is up. */
export function createOrganizer(name, env, balancer) {
  return createService(name, async (signal) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const earlyLines = []
    let isUp = false
    const server = startProcess(process.execPath, [main], {
      env: { ...env, PORT: `${port}` },
      detached: true, // Ctrl+C must not reach it before its requests are finished
      onLine: (line) => (isUp ? log(name, line) : earlyLines.push(line)),
    })
    const abort = () => server.signal('SIGTERM')
    signal.addEventListener('abort', abort)
    const isHealthy = async () => !server.isRunning || (await fetch(`${url}/healthz`)).ok
    try {
      await waitUntil(isHealthy, `${name} did not respond`)
    } catch (error) {
      await server.stop('SIGKILL')
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
    if (!server.isRunning) {
      await server.ended
      throw new Error(earlyLines.join('\n') || `${name} did not start.`)
    }
    for (const line of earlyLines) log(name, line)
    isUp = true
    balancer.add(url)
    void server.ended.then(() => balancer.remove(url))
    return {
      where: `${url}, process ${server.pid}`,
      ended: server.ended,
      async stop() {
        await balancer.remove(url, drainTimeoutMs)
        await server.stop()
      },
    }
  })
}

/** Logs a line, except the welcome of a single server: the cluster prints one for all of them. */
function log(name, line) {
  if (!/^(\s|$|Organizer is running)/.test(stripVTControlCharacters(line))) console.log(`${name}  ${line}`)
}

/** The headers by which the organizers learn the client's address. */
export function forwardedHeaders({ headers, socket }) {
  const append = (name, value) => (headers[name] ? `${headers[name]}, ${value}` : value)
  return {
    'x-forwarded-for': append('x-forwarded-for', socket.remoteAddress ?? 'unknown'),
    'x-forwarded-proto': append('x-forwarded-proto', 'http'),
    ...(headers.host && { 'x-forwarded-host': append('x-forwarded-host', headers.host) }),
  }
}
