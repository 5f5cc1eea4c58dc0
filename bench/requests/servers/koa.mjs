import { createServer } from 'node:http'
import { mapOf, password } from '../../sample-data.mjs'
import { handle } from './handler.mjs'

const host = 'Koa 3'

export const koaServers = [
  {
    host,
    start: () =>
      startKoa(
        () => {},
        () => '1',
      ),
  },
  { host, name: 'koa-session', start: startKoaSession },
]

async function startKoaSession() {
  const { default: koaSession } = await import('koa-session')
  const addMiddleware = (app) => app.use(koaSession({ key: 'session' }, app))
  return startKoa(addMiddleware, (ctx) => handle(ctx.path, () => mapOf(ctx.session)))
}

async function startKoa(addMiddleware, handleRequest) {
  const { default: Koa } = await import('koa')
  const app = new Koa()
  app.keys = [password]
  addMiddleware(app)
  app.use((ctx) => {
    ctx.body = handleRequest(ctx)
  })
  return createServer(app.callback())
}
