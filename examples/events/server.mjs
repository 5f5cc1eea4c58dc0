// @ts-check
// Tells the time by server-sent events, until the session ends. From a clone: npm run build && node examples/events/server.mjs
import { createServer } from 'node:http'
import { createSessions } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sojourn } from 'sojourn/node'

const sessions = createSessions({ store: memoryStore() }) // redisStore(client), in production

const server = createServer((req, res) => {
  if (req.url !== '/time') return pages(req, res)
  // While a store does not answer: the browser comes back when it is asked to.
  time(req, res).catch(() => res.writeHead(503, { 'Retry-After': '5' }).end())
})

/** @type {(...args: Parameters<import('node:http').RequestListener>) => Promise<void>} */
async function time(req, res) {
  const session = await sessions.open(req.headers.cookie)
  const { userId } = session
  // A page that listens is no use of the session.
  res.setHeaders(await sessions.commit(session, { background: true }))
  if (userId === null) return void res.writeHead(403).end()

  const closed = new AbortController()
  const ended = sessions.watch(session, { until: closed.signal })
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  const timer = setInterval(() => res.write(`data: ${new Date().toISOString()}\n\n`), 1000)
  ended.addEventListener('abort', () => res.end(`event: ended\ndata: ${ended.reason}\n\n`))
  res.on('close', () => {
    closed.abort()
    clearInterval(timer)
  })
}

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
  // An application of your own asks who it is.
  if (req.url === '/sign-in') session.signIn('ada')
  if (req.url === '/sign-out') session.signOut()
  res.writeHead(303, { Location: '/' }).end()
})

const script = `
  const time = new EventSource('/time')
  const show = (text) => (document.querySelector('p').textContent = text)
  time.onmessage = ({ data }) => show(data)
  time.addEventListener('ended', ({ data }) => {
    time.close()
    show('This session is over: ' + data)
  })`

const port = Number(process.env.PORT ?? 3000)
server.listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
