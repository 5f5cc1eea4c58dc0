import { answers, answersOfMap, bareAnswers, begins, password, paths } from './answers.mjs'

const host = 'Hono'

export const hono = [
  { name: host, host, kind: 'bare', start: () => server(null, (c) => bareAnswers[c.req.path]()) },
  {
    name: 'Sojourn',
    host,
    kind: 'sojourn',
    async start() {
      const { sojourn } = await import('sojourn/hono')
      const { sealed } = await import('./sessions.mjs')
      return server(sojourn(sealed()), (c) => {
        const { session } = c.var
        if (begins(c.req.path)) session.signIn('42')
        return answers[c.req.path](c.req.path === '/plain' ? null : session.data)
      })
    },
  },
  {
    name: 'hono-sessions, in the cookie',
    host,
    kind: 'peer',
    async start() {
      const { CookieStore, sessionMiddleware } = await import('hono-sessions')
      const store = new CookieStore()
      return server(sessionMiddleware({ store, encryptionKey: password, cookieOptions: { path: '/' } }), (c) =>
        answersOfMap[c.req.path](c.var.session),
      )
    },
  },
]

async function server(middleware, answer) {
  const { createAdaptorServer } = await import('@hono/node-server')
  const { Hono } = await import('hono')
  const app = new Hono()
  if (middleware !== null) app.use(middleware)
  for (const path of paths) app.get(path, (c) => c.text(answer(c)))
  return createAdaptorServer({ fetch: app.fetch })
}
