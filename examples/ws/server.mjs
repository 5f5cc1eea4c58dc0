// @ts-check
// Echoes messages on a WebSocket, until the session ends. From a clone: npm run build && node examples/ws/server.mjs
import { createServer } from 'node:http'
import { createSessions, explain } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sojourn } from 'sojourn/node'
import { WebSocketServer } from 'ws'

const sessions = createSessions({ store: memoryStore() }) // in production: redisStore(client)
const sockets = new WebSocketServer({ noServer: true, maxPayload: 10_000 })

const server = createServer(
  sojourn(sessions, async (req, res) => {
    const { session } = req
    if (req.method === 'GET') {
      const action = session.userId === null ? 'sign-in' : 'sign-out'
      const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
      const form = `<form method="post" action="/${action}">${csrf}<button>${action}</button></form>`
      const talking = session.userId === null ? '' : `<input id="said"><p role="status"></p><script>${script}</script>`
      res
        .setHeader('Content-Type', 'text/html; charset=utf-8')
        .end(`<!doctype html><title>Echo</title>${form}${talking}`)
      return
    }
    const form = new URLSearchParams((await req.setEncoding('utf8').toArray()).join(''))
    if (!session.isCsrfToken(form.get('csrf'))) return void res.writeHead(403).end('Go back and reload the page.')
    // Your application checks here who the user is.
    if (req.url === '/sign-in') session.signIn('ada')
    if (req.url === '/sign-out') session.signOut()
    res.writeHead(303, { Location: '/' }).end()
  }),
)

server.on('upgrade', (req, socket, head) => {
  socket.on('error', () => socket.destroy())
  upgrade(req, socket, head).catch(() => socket.destroy()) // the store may be unavailable
})

/**
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:stream').Duplex} socket
 * @param {Buffer} head
 */
async function upgrade(req, socket, head) {
  const session = await sessions.open(req.headers.cookie)
  const { userId } = session
  await sessions.commit(session, { background: true }) // does not extend the session
  // Pages of other origins can open sockets too, and from the same site browsers send our cookies with them.
  const { origin, host } = req.headers
  const isOurs = origin === `http://${host}` || origin === `https://${host}`
  if (userId === null || !isOurs) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')

  const closed = new AbortController()
  sockets.handleUpgrade(req, socket, head, (ws) => {
    const ended = sessions.watch(session, { until: closed.signal })
    ended.addEventListener('abort', () => {
      // After a renewal, a browser with the new cookie reconnects. A client with the old cookie is refused.
      if (ended.reason === 'renewed') ws.close(4000, 'renewed')
      else ws.close(4001, explain(ended.reason).sentence)
    })
    ws.on('close', () => closed.abort())
    ws.on('error', () => ws.terminate())
    ws.on('message', (data) => ws.send(`${userId} says: ${data}`))
  })
}

const script = `
  const show = (text) => (document.querySelector('p').textContent = text)
  function connect() {
    const socket = new WebSocket(location.href.replace('http', 'ws'))
    socket.onmessage = ({ data }) => show(data)
    socket.onclose = ({ code, reason }) => {
      // The response with the new cookie may not have arrived yet.
      if (code === 4000) setTimeout(connect, 1000)
      else show(reason || 'The connection is lost. Load this page again.')
    }
    document.querySelector('#said').onchange = ({ target }) => socket.send(target.value)
  }
  connect()`

const port = Number(process.env.PORT ?? 3000)
server
  .listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
