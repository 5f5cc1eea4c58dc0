// The same pages on each framework. A page gets the request's visit: `session`, and how to end the session or to begin another one.
import { promisify } from 'node:util'
import { fastifyCookie } from '@fastify/cookie'
import express from 'express'
import { fastify } from 'fastify'
import Koa from 'koa'

const hostname = '127.0.0.1'

/** The pages of an application, by the first part of their paths. They return what is sent as JSON. */
const pages = {
  async 'sign-in'(visit, name) {
    await visit.regenerate()
    visit.session.userId = name
  },
  basket({ session }, item) {
    session.basket = [...(session.basket ?? []), item]
  },
  async slow({ session }, ms) {
    await new Promise((resolve) => setTimeout(resolve, Number(ms)))
    session.at = Date.now()
  },
  'sign-out': (visit) => visit.destroy(),
  ''({ session: { userId = null, basket = [] } }) {
    return { userId, basket }
  },
}

async function open(path, visit) {
  const [, name, parameter] = path.split('/')
  return (await pages[name](visit, parameter)) ?? {}
}

const promised = async (session, method) => promisify(session[method].bind(session))()

export async function listenWithExpress(middleware, port) {
  const app = express()
  app.set('env', 'test') // errors are not logged
  app.use(middleware)
  app.use(async (req, res) => {
    res.json(
      await open(req.path, {
        get session() {
          return req.session
        },
        regenerate: () => promised(req.session, 'regenerate'),
        destroy: () => promised(req.session, 'destroy'),
      }),
    )
  })
  await new Promise((resolve) => app.listen(port, hostname, resolve))
}

/** @param use takes the application, and returns the middleware */
export async function listenWithKoa(use, port) {
  const app = new Koa()
  app.silent = true
  app.keys = ['a secret of thirty-two characters']
  app.use(use(app))
  app.use(async (ctx) => {
    ctx.body = await open(ctx.path, {
      session: ctx.session,
      // With a new user, the drop-in gives the session a new key by itself.
      regenerate() {},
      destroy: () => void (ctx.session = null),
    })
  })
  await new Promise((resolve) => app.listen(port, hostname, resolve))
}

export async function listenWithFastify(plugin, options, port) {
  const app = fastify()
  await app.register(fastifyCookie)
  await app.register(plugin, { ...options, cookie: { secure: false } })
  app.get('/*', (request) =>
    open(request.url, {
      get session() {
        return request.session
      },
      regenerate: () => request.session.regenerate(),
      destroy: () => request.session.destroy(),
    }),
  )
  await app.listen({ port, host: hostname })
}
