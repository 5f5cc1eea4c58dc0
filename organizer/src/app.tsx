import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { sojourn } from 'sojourn/hono'
import { assets, serveAssets } from './assets.ts'
import { errorPage } from './routes/error-page.tsx'
import { finishPasswordChange } from './middleware/finish-password-change.ts'
import { compressPages } from './middleware/compress-pages.ts'
import { findUser } from './middleware/require-user.ts'
import { refuseCrossSite } from './middleware/refuse-cross-site.ts'
import { setPageHeaders } from './middleware/page-headers.ts'
import { logRequests } from './middleware/log-requests.ts'
import { sendPage } from './pages/layout.tsx'
import { FormRefusedPage, NotFoundPage, TooLargePage } from './pages/message.tsx'
import type { AppEnv } from './app-env.ts'
import type { Dependencies } from './dependencies.ts'
import { paths } from './paths.ts'
import { accountRoutes } from './routes/account.tsx'
import { draftRoutes } from './routes/draft.ts'
import { deviceRoutes } from './routes/devices.tsx'
import { singleEventRoutes } from './routes/event.tsx'
import { eventRoutes } from './routes/events.tsx'
import { sessionEnded } from './routes/session-ended.ts'
import { signInRoutes } from './routes/sign-in.tsx'

/** Creates the application. Middleware that can refuse a request runs before a session is opened. */
export function createApp(dependencies: Dependencies): Hono<AppEnv> {
  const { config, log, sessions } = dependencies
  const app = new Hono<AppEnv>()

  app.use(logRequests(log))
  app.use(setPageHeaders(config))
  app.use(compressPages)
  app.get(paths.health, (c) => c.text('ok'))
  app.get(`${paths.assets}/*`, serveAssets)
  app.get('/favicon.ico', (c) => c.redirect(assets.icon))
  app.use(refuseCrossSite(config.trustProxy, log, async (c) => sendPage(c, <FormRefusedPage />, 403)))
  app.use(bodyLimit({ maxSize: 64 * 1024, onError: (c) => sendPage(c, <TooLargePage />, 413) }))

  app.get(paths.root, (c) => c.redirect(paths.dashboard))
  app.get('/organizer', (c) => c.redirect(paths.dashboard))
  app.get(paths.sessionEnded, sessionEnded(dependencies))
  app.post(paths.account, finishPasswordChange(dependencies))
  app.use('/organizer/*', sojourn(sessions))
  app.route('/', signInRoutes(dependencies))
  app.route('/', eventRoutes(dependencies))
  app.route('/', singleEventRoutes(dependencies))
  app.route('/', draftRoutes(dependencies))
  app.route('/', accountRoutes(dependencies))
  app.route('/', deviceRoutes(dependencies))

  app.notFound(async (c) => sendPage(c, <NotFoundPage user={await findUser(c, dependencies)} />, 404))
  app.onError(errorPage(dependencies))
  return app
}
