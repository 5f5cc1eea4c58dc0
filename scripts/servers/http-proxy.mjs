// @ts-check
import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import { pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

const keepAliveMs = 60_000

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/**
 * @typedef {object} ProxyOptions
 * @property {string} [host] to listen on; by default 127.0.0.1
 * @property {number} [port] by default a free one
 * @property {import('node:http').Agent | false} [agent] for the connections to servers; by default each request has its own,
 *   because a server may close an idle connection just as a request is sent on it
 * @property {(request: IncomingMessage) => Record<string, string>} [addHeaders] returns further headers for the server
 * @property {(target: string, response: IncomingMessage, request: IncomingMessage) => unknown} [onResponse] is awaited
 *   before the response is passed on
 */

/** @typedef {Awaited<ReturnType<typeof startHttpProxy>>} HttpProxy */
/** @typedef {Awaited<ReturnType<typeof startBalancer>>} Balancer */

// These headers concern one connection only (RFC 9110 section 7.6.1).
const connectionHeaders = new Set(
  'connection expect keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
)

/**
 * Starts a proxy that passes each request on to the server that `pickTarget` returns, as a base URL, or `null` if there is
 * none. A request that the server may not have received is passed on to another one.
 *
 * @param {(request: IncomingMessage, tried: ReadonlySet<string>) => string | null} pickTarget is called again if
 *   the servers in `tried` did not take the request
 * @param {ProxyOptions} [options]
 */
export async function startHttpProxy(pickTarget, options = {}) {
  const { host = '127.0.0.1', port = 0 } = options
  /** @type {Map<string, number>} */
  const pending = new Map()
  const forward = createForwarder(pickTarget, pending, options)
  const server = createServer((request, response) => forward(request, response, new Set()))
  server.keepAliveTimeout = keepAliveMs
  server.listen(port, host)
  await once(server, 'listening')
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    port: address.port,
    url: `http://localhost:${address.port}`,
    /** Resolves when a server has responded to all requests, or after `timeoutMs`. @param {string} target */
    async untilIdle(target, timeoutMs = Infinity) {
      const deadline = Date.now() + timeoutMs
      while (pending.has(target) && Date.now() < deadline) await sleep(5)
    },
    /** Closes connections once they are idle, and all of them after `timeoutMs`. */
    async stop(timeoutMs = 0) {
      const closed = once(server, 'close')
      server.close()
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs)
      await closed
      clearTimeout(timer)
    },
  }
}

/**
 * Starts a proxy that gives each request to the next of its servers in turn.
 *
 * @param {ProxyOptions} [options]
 */
export async function startBalancer(options) {
  /** @type {string[]} */
  const targets = []
  const { port, url, stop, untilIdle } = await startHttpProxy((_request, tried) => {
    const next = targets.find((target) => !tried.has(target))
    if (next === undefined) return null
    targets.push(...targets.splice(targets.indexOf(next), 1))
    return next
  }, options)
  return {
    port,
    url,
    /** @param {string} target base URL of a server */
    add: (target) => void targets.push(target),
    /** Gives a server no further requests; resolves when it has responded to all, or after `timeoutMs`. @param {string} target */
    async remove(target, timeoutMs = Infinity) {
      if (targets.includes(target)) targets.splice(targets.indexOf(target), 1)
      await untilIdle(target, timeoutMs)
    },
    stop,
  }
}

/**
 * @param {Parameters<typeof startHttpProxy>[0]} pickTarget
 * @param {Map<string, number>} pending counts the requests that each server has to respond to
 * @param {ProxyOptions} options
 */
function createForwarder(pickTarget, pending, { agent = false, addHeaders, onResponse }) {
  /** @param {string} target @param {1 | -1} change */
  function count(target, change) {
    const next = (pending.get(target) ?? 0) + change
    if (next > 0) pending.set(target, next)
    else pending.delete(target)
  }

  /** @param {IncomingMessage} request @param {ServerResponse} response @param {Set<string>} tried */
  return function forward(request, response, tried) {
    const target = pickTarget(request, tried)
    if (target === null || tried.has(target)) return refuse(response, 503, 'No server can be reached. Try again soon.')
    tried.add(target)
    const { method = 'GET', url: path = '/' } = request
    const { hostname, port } = new URL(target)
    let outgoing
    try {
      const headers = { ...passedOn(request), ...addHeaders?.(request) }
      outgoing = send({ hostname, port, method, path, headers, agent })
    } catch {
      return refuse(response, 400, 'The proxy cannot pass this request on.')
    }
    count(target, 1)
    // A client that leaves cancels only its upload and its download: the server may finish the work between them.
    const cancelUpload = () => request.complete || outgoing.destroy()
    request.once('close', cancelUpload)
    outgoing.once('close', () => {
      count(target, -1)
      request.off('close', cancelUpload)
    })
    // Read the body only once there is a connection, so that the request can still go to another server.
    let isSent = false
    const sendBody = () => {
      isSent = true
      request.pipe(outgoing)
    }
    outgoing.once('socket', (socket) => (socket.connecting ? socket.once('connect', sendBody) : sendBody()))
    outgoing.once('response', async (incoming) => {
      await onResponse?.(target, incoming, request)
      if (response.destroyed) return incoming.destroy()
      const headers = incoming.rawHeaders.filter((_, index, all) => isPassedOn(all[index - (index % 2)] ?? ''))
      response.writeHead(incoming.statusCode ?? 502, headers)
      return pipeline(incoming, response, () => {})
    })
    outgoing.on('error', () => {
      if (response.destroyed || response.headersSent) return response.destroy()
      if (!isSent || isRepeatable(request)) return forward(request, response, tried)
      return refuse(
        response,
        502,
        'The server went away. Check whether your change was saved before you send it again.',
      )
    })
  }
}

/** @param {IncomingMessage} request */
function passedOn({ headers }) {
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => isPassedOn(name)))
  return headers['transfer-encoding'] ? { ...passed, 'transfer-encoding': 'chunked' } : passed
}

/** @param {string} name */
function isPassedOn(name) {
  return !connectionHeaders.has(name.toLowerCase())
}

/** Whether the request is safe to send twice (RFC 9110 section 9.2.2), and has no body that was read. @param {IncomingMessage} request */
function isRepeatable({ method, headers }) {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return (method === 'GET' || method === 'HEAD') && !hasBody
}

/** @param {ServerResponse} response @param {number} status @param {string} text */
function refuse(response, status, text) {
  if (response.destroyed) return
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Retry-After': '1',
    'Cache-Control': 'no-store',
  })
  response.end(`${text}\n`)
}
