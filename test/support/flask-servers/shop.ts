import { once } from 'node:events'
import { createServer } from 'node:http'
import { sojourn } from '../../../src/adapters/node.ts'
import type { Sessions } from '../../../src/index.ts'
import { visitorOf, type Visitor } from './visitor.ts'

/** Ours, in the place of Flask's application: at its address, with some of its pages. */
export interface Shop {
  close(): void
}

export async function shopAt(url: string, sessions: Sessions<any>, scheme = 'http'): Promise<Shop> {
  const listener = sojourn(sessions, ({ url: path, session }, response) => {
    if (path === '/flask/logout') session.signOut()
    const person = session.userId === null ? null : Number(session.userId)
    const messages = path === '/flask/flashes' ? session.takeFlashes() : []
    // Another will be in its place.
    response.setHeader('Connection', 'close')
    response.end(JSON.stringify({ person, value: session.data['value'], messages }))
  })
  const server = createServer((request, response) => {
    request.headers['x-forwarded-proto'] = scheme
    listener(request, response)
  }).listen(Number(new URL(url).port), '127.0.0.1')
  await once(server, 'listening')
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A user who signed in to Flask, has a value there, and a message that waits. */
export async function signedInToFlask(url: string, person: number): Promise<Visitor> {
  const visitor = visitorOf(url)
  await visitor.post('/flask/login', { id: String(person) })
  await visitor.post('/flask/set/nested')
  await visitor.post('/flask/flash', { message: `Hello, ${person} <é>`, category: 'info' })
  return visitor
}

/** Another browser that has these cookies. */
export function copyOf({ cookies }: Visitor, url: string): Visitor {
  const copy = visitorOf(url)
  for (const pair of cookies.cookie.split('; ')) {
    const at = pair.indexOf('=')
    copy.cookies.put(pair.slice(0, at), pair.slice(at + 1))
  }
  return copy
}
