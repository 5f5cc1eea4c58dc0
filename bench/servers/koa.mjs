import { createServer } from 'node:http'
import { answers, bareAnswers, password } from './answers.mjs'

const host = 'Koa 3'

export const koa = [
  { name: host, host, kind: 'bare', start: () => server(null, (ctx) => bareAnswers[ctx.path]()) },
  {
    name: 'koa-session',
    host,
    kind: 'peer',
    async start() {
      const { default: koaSession } = await import('koa-session')
      return server(
        (app) => koaSession({ key: 'session' }, app),
        (ctx) => answers[ctx.path](ctx.path === '/plain' ? null : ctx.session),
      )
    },
  },
]

async function server(middlewareOf, answer) {
  const { default: Koa } = await import('koa')
  const app = new Koa()
  app.keys = [password]
  if (middlewareOf !== null) app.use(middlewareOf(app))
  app.use((ctx) => {
    ctx.body = answer(ctx)
  })
  return createServer(app.callback())
}
