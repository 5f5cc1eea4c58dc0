import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import { io as connect } from 'socket.io-client'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import type { Session, SessionData } from 'express-session'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withEachStore } from './stores.ts'
import { createApp, createVisitor, listen, optionsWith } from './visitor.ts'

/** The request of a socket's handshake, which has the session of its cookie. */
type Handshake = IncomingMessage & { session: Session & Partial<SessionData> }

/** The two ways that socket.io documents to use middleware of Express. */
const ways: Readonly<Record<string, (io: Server, middleware: any) => void>> = {
  'io.use': (io, middleware) => void io.use((socket, next) => middleware(socket.request, {}, next)),
  'io.engine.use': (io, middleware) => void io.engine.use(middleware),
}

/** A chat: visitors sign in by a form, and their sockets know who they are. */
async function open(options: SessionOptions, use: (io: Server, middleware: any) => void) {
  const sessions = session(options)
  const app = createApp().use(sessions)
  app.post('/sign-in', (req, res) => {
    req.session.member = req.body.name
    res.end()
  })
  app.post('/basket', (req, res) => {
    req.session.basket = [req.body.item]
    res.end()
  })
  app.post('/sign-out', (req, res, next) => void req.session.destroy((error) => (error ? next(error) : res.end())))
  app.get('/', (req, res) => void res.json([req.session.member ?? null, req.session.notices ?? []]))

  const server = createServer(app)
  const io = new Server(server)
  onTestFinished(async () => void (await io.close()))
  use(io, sessions)
  io.on('connection', onConnection)
  const port = await listen(server)
  return {
    browser: createVisitor(port),
    socket(cookie: string) {
      const opened = connect(`http://127.0.0.1:${port}`, { extraHeaders: { cookie }, forceNew: true })
      onTestFinished(() => void opened.close())
      return opened
    },
  }
}

function onConnection(socket: Socket): void {
  const request = socket.request as Handshake
  socket.on('who', (reply) => reply(request.session.member ?? null))
  socket.on('note', (text, reply) => {
    request.session.reload((error) => {
      if (error) return reply(error.message)
      request.session.notices = [...(request.session.notices ?? []), text]
      request.session.save((failure) => reply(failure?.message ?? 'saved'))
    })
  })
  socket.on('basket', (reply) => request.session.reload((error) => reply(error?.message ?? request.session.basket)))
}

for (const [way, use] of Object.entries(ways)) {
  describe(`socket.io by ${way}`, () => {
    withEachStore((store) => {
      it('knows the user of the handshake’s cookie', async () => {
        const { browser, socket } = await open(optionsWith(store()), use)
        await browser.post('/sign-in', { name: 'ada' })
        expect(await socket(browser.cookie).emitWithAck('who')).toBe('ada')
        expect(await socket('').emitWithAck('who')).toBeNull()
        expect(await socket('connect.sid=s%3Aforged.signature').emitWithAck('who')).toBeNull()
      })

      it('saves changes that the next page sees, and sees those of pages', async () => {
        const { browser, socket } = await open(optionsWith(store()), use)
        await browser.post('/sign-in', { name: 'ada' })
        const opened = socket(browser.cookie)
        expect(await opened.emitWithAck('note', 'hello')).toBe('saved')
        await browser.post('/basket', { item: 'pen' })
        expect(await opened.emitWithAck('note', 'again')).toBe('saved')
        expect(await opened.emitWithAck('basket')).toEqual(['pen'])
        expect(JSON.parse((await browser.get('/')).text)).toEqual(['ada', ['hello', 'again']])
      })

      it('cannot bring back a session that was signed out', async () => {
        const { browser, socket } = await open(optionsWith(store()), use)
        await browser.post('/sign-in', { name: 'ada' })
        const { cookie } = browser
        const opened = socket(cookie)
        await opened.emitWithAck('who')
        await browser.post('/sign-out')
        expect(await opened.emitWithAck('note', 'still here')).toBe('failed to load session')
        browser.cookie = cookie
        expect(JSON.parse((await browser.get('/')).text)).toEqual([null, []])
      })
    })
  })
}
