import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { io as connect, type Socket } from 'socket.io-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { sojourn } from '../../src/adapters/socket.io.ts'
import type { Session, Sessions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { signedIn, visit, world } from '../support/sessions.ts'
import { listening } from '../suites/adapters/host.ts'

/** Serves sockets. Returns how to connect, and the sessions of the sockets that connected. */
async function serve(sessions: Sessions) {
  const server = createServer()
  const io = new Server(server)
  io.use(sojourn(sessions))
  const seen: Session[] = []
  io.on('connection', (socket) => {
    seen.push(socket.data.session)
    socket.emit('you', socket.data.session.userId)
  })
  const { port } = await listening(server)
  onTestFinished(async () => void (await io.close()))
  const open = (cookie: string, transport = 'websocket'): Socket => {
    const socket = connect(`http://127.0.0.1:${port}`, {
      transports: [transport],
      extraHeaders: { cookie },
      forceNew: true,
      reconnectionDelay: 10,
    })
    onTestFinished(() => void socket.close())
    return socket
  }
  return { open, seen }
}

const event = async (socket: Socket, name: string): Promise<unknown> =>
  new Promise((resolve) => socket.once(name, resolve))

describe.each(['websocket', 'polling'])('a socket by %s', (transport) => {
  it('has the session of its handshake, which can be read and not changed', async () => {
    const visited = world()
    const { open, seen } = await serve(visited.sessions)
    expect(await event(open((await signedIn(visited)).cookie, transport), 'you')).toBe('ada')
    expect(() => seen[0]!.signOut()).toThrow('a socket sends no cookie. Change the session in a request.')
    expect(await event(open('', transport), 'you')).toBeNull()
  })

  it('is disconnected if its session ends', async () => {
    const visited = world({ store: memoryStore() })
    const { open } = await serve(visited.sessions)
    const socket = open((await signedIn(visited)).cookie, transport)
    await event(socket, 'you')
    const gone = event(socket, 'disconnect')
    await visited.sessions.revokeAll('ada')
    expect(await gone).toBe('io server disconnect')
  })
})

it('connects again after a renewal', async () => {
  const visited = world({ store: memoryStore() })
  const { open } = await serve(visited.sessions)
  const visitor = await signedIn(visited)
  const socket = open(visitor.cookie)
  await event(socket, 'you')
  const [gone, back] = [event(socket, 'disconnect'), event(socket, 'you')]
  await visit(visited.sessions, visitor, (session) => session.renew())
  socket.io.opts.extraHeaders = { cookie: visitor.cookie }
  expect(await gone).toBe('transport close')
  expect(await back).toBe('ada')
})

it('refuses the handshake if the store does not answer', async () => {
  const store = memoryStore()
  const visited = world({ store })
  const { cookie } = await signedIn(visited)
  const down = world({ store: { ...store, read: async () => Promise.reject(new Error('down')) } })
  const { open } = await serve(down.sessions)
  expect(await event(open(cookie), 'connect_error')).toMatchObject({
    message: 'Service Unavailable',
    data: { status: 503 },
  })
})

it('stops to watch when the client leaves', async () => {
  const visited = world({ store: memoryStore() })
  const watch = vi.spyOn(visited.sessions, 'watch')
  const { open } = await serve(visited.sessions)
  const socket = open((await signedIn(visited)).cookie)
  await event(socket, 'you')
  socket.close()
  await vi.waitFor(() => expect(watch.mock.calls[0]![1]!.until!.aborted).toBe(true))
})
