// @ts-check
// Sends the time as server-sent events, until the session ends. From a clone: npm run build && node examples/events/server.mjs
import { createServer } from 'node:http'
import { createSessions, explain } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sojourn } from 'sojourn/node'

const sessions = createSessions({ store: memoryStore() }) // in production: redisStore(client)

const server = createServer((req, res) => {
  if (req.url !== '/time') return pages(req, res)
  time(req, res).catch(() => res.writeHead(503).end()) // the store may be unavailable
})

/** @type {(...args: Parameters<import('node:http').RequestListener>) => Promise<void>} */
async function time(req, res) {
  const closed = new AbortController()
  res.on('close', () => closed.abort()) // before the first await, because the browser may leave meanwhile
  const session = await sessions.open(req.headers.cookie)
  const { userId, outcome } = session
  // Background: a page that listens does not extend the session.
  res.setHeaders(await sessions.commit(session, { background: true }))
  if (closed.signal.aborted) return
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  // Also send the event if the session has ended, or the cookie was renewed: without it, the browser would reconnect.
  if (userId === null) return void res.end(over(outcome))

  const ended = sessions.watch(session, { until: closed.signal })
  const timer = setInterval(() => res.write(`data: ${new Date().toISOString()}\n\n`), 1000)
  closed.signal.addEventListener('abort', () => clearInterval(timer))
  ended.addEventListener('abort', () => {
    clearInterval(timer)
    // After a renewal the browser reconnects by itself, with its new cookie.
    res.end(ended.reason === 'renewed' ? '' : over(ended.reason))
  })
}

/** @param {import('sojourn').Outcome} outcome */
const over = (outcome) => `event: ended\ndata: ${explain(outcome === 'none' ? 'ended' : outcome).sentence}\n\n`

const pages = sojourn(sessions, async (req, res) => {
  const { session } = req
  if (req.method === 'GET') {
    const action = session.userId === null ? 'sign-in' : 'sign-out'
    const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
    const form = `<form method="post" action="/${action}">${csrf}<button>${action}</button></form>`
    const listening = session.userId === null ? '' : `<p role="status">${session.userId}</p><script>${script}</script>`
    res
      .setHeader('Content-Type', 'text/html; charset=utf-8')
      .end(`<!doctype html><title>Time</title>${form}${listening}`)
    return
  }
  const form = new URLSearchParams((await req.setEncoding('utf8').toArray()).join(''))
  if (!session.isCsrfToken(form.get('csrf'))) return void res.writeHead(403).end('Go back and reload the page.')
  // Your application checks here who the user is.
  if (req.url === '/sign-in') session.signIn('ada')
  if (req.url === '/sign-out') session.signOut()
  res.writeHead(303, { Location: '/' }).end()
})

const script = `
  const show = (text) => (document.querySelector('p').textContent = text)
  function listen() {
    const time = new EventSource('/time')
    time.onmessage = ({ data }) => show(data)
    time.addEventListener('ended', ({ data }) => {
      time.close()
      show(data)
    })
    // A browser reconnects by itself after a lost connection, but not after a 503.
    time.onerror = () => time.readyState === EventSource.CLOSED && setTimeout(listen, 5000)
  }
  listen()`

const port = Number(process.env.PORT ?? 3000)
server
  .listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
