import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import flash from 'connect-flash'
import express, { type RequestHandler } from 'express'

/** The lifetime of the sessions of all applications here, in milliseconds. */
export const maxAge = 3_600_000

/** Starts an application on Express with middleware for sessions, and the routes of the suite. */
export async function startExpress(...middleware: RequestHandler[]) {
  const app = express()
  app.use(...middleware, flash() as RequestHandler)
  app.post('/sign-in/:id', (req, res) => {
    sessionOf(req)['userId'] = req.params.id
    res.json({})
  })
  app.post('/cart/:item', (req, res) => {
    sessionOf(req)['cart'] = [...(sessionOf(req)['cart'] ?? []), req.params.item]
    res.json({})
  })
  app.post('/flash', (req, res) => {
    req.flash('info', 'Hello.')
    res.json({})
  })
  app.get('/', (req, res) => void res.json({ userId: sessionOf(req)['userId'], cart: sessionOf(req)['cart'] }))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => closeServer(server),
  }
}

const sessionOf = (req: object): Record<string, any> => Reflect.get(req, 'session') as Record<string, any>

/** Stops a server, and resolves once it has. */
export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
