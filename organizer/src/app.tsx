import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { sojourn } from 'sojourn/hono'
import { assets, serveAssets } from './assets.ts'
import { errorPage } from './routes/error-page.tsx'
import { refuseCrossSite } from './middleware/refuse-cross-site.ts'
import { pageHeaders } from './middleware/page-headers.ts'
import { logRequests } from './middleware/log-requests.ts'
import { send } from './pages/layout.tsx'
import { FormRefused, NotFound, TooLarge } from './pages/message.tsx'
import type { Env, Parts } from './dependencies.ts'
import { paths } from './paths.ts'
import { accountRoutes } from './routes/account.tsx'
import { deviceRoutes } from './routes/devices.tsx'
import { singleEventRoutes } from './routes/event.tsx'
import { eventRoutes } from './routes/events.tsx'
import { sessionEnded } from './routes/session-ended.ts'
import { signInRoutes } from './routes/sign-in.tsx'

/** Puts the application together. What may refuse a request stands before the session. */
export function createApp(parts: Parts): Hono<Env> {
  const { config, log, sessions } = parts
  const app = new Hono<Env>()

  app.use(logRequests(log))
  app.use(pageHeaders(config))
  app.get(paths.health, (c) => c.text('ok'))
  app.get(`${paths.assets}/*`, serveAssets)
  app.get('/favicon.ico', (c) => c.redirect(assets.icon))
  app.use(refuseCrossSite(config.trustProxy, log, async (c) => send(c, <FormRefused />, 403)))
  app.use(bodyLimit({ maxSize: 64 * 1024, onError: (c) => send(c, <TooLarge />, 413) }))

  app.get(paths.root, (c) => c.redirect(paths.dashboard))
  app.get('/organizer', (c) => c.redirect(paths.dashboard))
  app.get(paths.sessionEnded, sessionEnded(parts))
  app.use('/organizer/*', sojourn(sessions))
  app.route('/', signInRoutes(parts))
  app.route('/', eventRoutes(parts))
  app.route('/', singleEventRoutes(parts))
  app.route('/', accountRoutes(parts))
  app.route('/', deviceRoutes(parts))

  app.notFound((c) => send(c, <NotFound />, 404))
  app.onError(errorPage(log))
  return app
}
