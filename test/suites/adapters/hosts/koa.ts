import { Readable } from 'node:stream'
import Koa, { type Context } from 'koa'
import { sojourn } from '../../../../src/adapters/koa.ts'
import { nothingAround, serveListener, type Answer, type Host } from '../host.ts'
import { bodyOf, userOf } from './node.ts'

export const koaHost: Host = {
  name: 'Koa',
  serve(sessions, routes, around = nothingAround) {
    const app = new Koa()
    app.use((ctx, next) => around(userOf(ctx.req), next))
    app.use(sojourn(sessions))
    app.use(async (ctx) => {
      const handle = routes[ctx.path]
      if (handle !== undefined)
        respond(ctx, await handle(ctx.session, { user: userOf(ctx.req), body: () => bodyOf(ctx.req) }))
    })
    return serveListener(app.callback())
  },
}

function respond(ctx: Context, { status = 200, headers = [], body = '', redirect }: Answer): void {
  if (redirect !== undefined) return ctx.redirect(redirect)
  ctx.status = status
  for (const [name, value] of headers) ctx.append(name, value)
  ctx.body = typeof body === 'string' ? body : Readable.from(body())
}
