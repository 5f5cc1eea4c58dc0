import { request as ask } from 'node:http'
import { pipeline } from 'node:stream'

/** Headers that are about one connection, and no further (RFC 9110 section 7.6.1). */
const ofConnection = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Hands each request to the organizer whose turn it is. One that takes no connection has seen nothing of it, so that the next
 * is asked; once a request was sent, only one that may be repeated is.
 */
export function createProxy(organizers) {
  let turn = 0

  function next(tried) {
    for (let step = 0; step < organizers.length; step++) {
      const { seat } = organizers[(turn + step) % organizers.length]
      if (!seat.isUp || tried.has(seat)) continue
      turn = (turn + step + 1) % organizers.length
      return seat
    }
    return null
  }

  return function handle(request, response, tried = new Set()) {
    const seat = next(tried)
    if (seat === null) return refuse(response, 503, 'No organizer can be reached. Try again in a moment.')
    tried.add(seat)
    seat.active++
    let isSent = false
    const { method, url } = request
    let outgoing
    try {
      outgoing = ask({
        host: '127.0.0.1',
        port: seat.port(),
        method,
        path: url,
        headers: headersFor(request),
        agent: false,
      })
    } catch {
      seat.active--
      return refuse(response, 400, 'This request cannot be passed on.')
    }
    const leave = () => outgoing.destroy()
    response.once('close', leave)
    outgoing.once('close', () => {
      seat.active--
      response.off('close', leave)
    })
    outgoing.once('socket', (socket) =>
      // Nothing is read of the request before there is who takes it.
      socket.once('connect', () => {
        isSent = true
        request.pipe(outgoing)
      }),
    )
    outgoing.once('response', (incoming) => {
      response.writeHead(incoming.statusCode, passedOn(incoming.rawHeaders))
      pipeline(incoming, response, () => {})
    })
    outgoing.on('error', () => {
      if (response.destroyed || response.headersSent) return response.destroy()
      if (!isSent || isRepeatable(request)) return handle(request, response, tried)
      refuse(response, 502, 'The organizer went away. See whether what you sent was done, and if not, send it again.')
    })
  }
}

function headersFor({ headers, socket }) {
  const { host } = headers
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)))
  const after = (name, value) => (headers[name] ? `${headers[name]}, ${value}` : value)
  return {
    ...passed,
    ...(headers['transfer-encoding'] && { 'transfer-encoding': 'chunked' }),
    'x-forwarded-for': after('x-forwarded-for', socket.remoteAddress ?? 'unknown'),
    'x-forwarded-proto': after('x-forwarded-proto', 'http'),
    ...(host && { 'x-forwarded-host': after('x-forwarded-host', host) }),
  }
}

function passedOn(rawHeaders) {
  return rawHeaders.filter((_, index) => !ofConnection.has(rawHeaders[index - (index % 2)].toLowerCase()))
}

/** Whether it does no harm twice (RFC 9110 section 9.2.2), and nothing of it was read that is gone now. */
function isRepeatable({ method, headers }) {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return (method === 'GET' || method === 'HEAD') && !hasBody
}

function refuse(response, status, text) {
  if (response.destroyed) return
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Retry-After': '1',
    'Cache-Control': 'no-store',
  })
  response.end(`${text}\n`)
}
