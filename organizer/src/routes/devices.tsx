import { type Context, Hono } from 'hono'
import { SojournError } from 'sojourn'
import { listDevices } from '../devices.ts'
import { readForm } from '../form.ts'
import { requireUser } from '../middleware/require-user.ts'
import { DevicesPage, DevicesUnavailablePage, DevicesUnsupportedPage } from '../pages/devices.tsx'
import { sendPage } from '../pages/layout.tsx'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { paths } from '../paths.ts'

/** Lists a user's devices, and signs them out. One function, because Hono's routes are written in a row. */
export function deviceRoutes(dependencies: Dependencies): Hono<AppEnv> {
  const { config, sessions, log, now } = dependencies
  const app = new Hono<AppEnv>()
  const userOnly = requireUser(dependencies)

  app.get(paths.devices, userOnly, (c) => sendDevices(c))
  // Users come here if they had to sign in before they could sign a device out.
  for (const path of [paths.revokeDevice, paths.revokeOthers]) app.get(path, (c) => c.redirect(paths.devices))

  app.post(paths.revokeDevice, userOnly, async (c) => {
    const { session } = c.var.user
    const form = await readForm(c)
    if (!sessions.revocable) return c.redirect(paths.devices, 303)
    if (!session.isCsrfToken(form('csrf'))) return sendOutOfDate(c)
    const id = form('id')
    if (id === session.id) {
      session.signOut()
      session.flash('success', 'You are signed out.')
      return c.redirect(paths.login, 303)
    }
    // Read the name before the session ends. An unknown id, or one of another user, is not in the list.
    const { others } = await listDevices(sessions, session, undefined)
    const device = others.find((other) => other.id === id)
    const { ended } = device ? await sessions.revoke(session.userId!, device.id) : { ended: 0 }
    if (device && ended > 0) session.flash('success', `${device.name} is signed out.`)
    else session.flash('info', 'That device was signed out already.')
    return c.redirect(paths.devices, 303)
  })

  app.post(paths.revokeOthers, userOnly, async (c) => {
    const { session } = c.var.user
    const form = await readForm(c)
    if (!sessions.revocable) return c.redirect(paths.devices, 303)
    if (!session.isCsrfToken(form('csrf'))) return sendOutOfDate(c)
    const { ended, exceptEnded } = await sessions.revokeAll(session.userId!, { except: session })
    // Another device was faster. The next page asks for a sign-in, and says why.
    if (exceptEnded) return c.redirect(paths.devices, 303)
    if (ended > 0) session.flash('success', `You are signed out on ${countOthers(ended)}.`)
    else session.flash('info', 'You were not signed in on any other device.')
    return c.redirect(paths.devices, 303)
  })

  const sendOutOfDate = (c: Context<AppEnv>) =>
    sendDevices(c, {
      form: 'This page was out of date, so no device was signed out. Look again, and sign it out once more.',
    })

  async function sendDevices(c: Context<AppEnv>, errors?: { form: string }) {
    const { user } = c.var
    if (!sessions.revocable) return sendPage(c, <DevicesUnsupportedPage user={user} sessionType={config.sessionType} />)
    const devices = await listDevices(sessions, user.session, c.req.header('user-agent')).catch(ignoreOutage)
    if (devices === null) return sendPage(c, <DevicesUnavailablePage user={user} />, 503, { 'Retry-After': '5' })
    const flashes = user.session.takeFlashes()
    return sendPage(c, <DevicesPage {...{ user, ...devices, flashes, errors }} now={now()} />, errors ? 403 : 200)
  }

  /** During an outage, the devices page says that there is no list. */
  function ignoreOutage(error: unknown): null {
    if (!(error instanceof SojournError && error.status === 503)) throw error
    log.error(error.message)
    return null
  }

  return app
}

const countOthers = (count: number) => (count === 1 ? 'your other device' : `${count} other devices`)
