import { type Context, Hono } from 'hono'
import { SojournError } from 'sojourn'
import { devicesOf } from '../devices.ts'
import { readForm } from '../form.ts'
import { signedIn } from '../middleware/require-user.ts'
import { DevicesPage, DevicesWaitPage, NoDevicesPage } from '../pages/devices.tsx'
import { send } from '../pages/layout.tsx'
import type { Env, Parts } from '../dependencies.ts'
import { paths } from '../paths.ts'

/** Where somebody is signed in, and signing out from elsewhere. */
export function deviceRoutes(parts: Parts): Hono<Env> {
  const { config, sessions, log, now } = parts
  const app = new Hono<Env>()
  const guard = signedIn(parts)

  app.get(paths.devices, guard, (c) => show(c))
  // Where somebody is led who had to sign in before they could sign a device out.
  for (const path of [paths.revokeDevice, paths.revokeOthers]) app.get(path, (c) => c.redirect(paths.devices))

  app.post(paths.revokeDevice, guard, async (c) => {
    const { session } = c.var.user
    const form = await readForm(c)
    if (!sessions.revocable) return c.redirect(paths.devices, 303)
    if (!session.isCsrfToken(form('csrf'))) return outOfDate(c)
    const id = form('id')
    if (id === session.id) {
      session.signOut()
      session.flash('success', 'You are signed out.')
      return c.redirect(paths.login, 303)
    }
    // Asked for its name before it is gone. What is nobody's, and what is somebody else's, is not in the list.
    const { others } = await devicesOf(sessions, session, undefined)
    const device = others.find((other) => other.id === id)
    const { ended } = device ? await sessions.revoke(session.userId!, device.id) : { ended: 0 }
    if (device && ended > 0) session.flash('success', `${device.name} is signed out.`)
    else session.flash('info', 'That device was signed out already.')
    return c.redirect(paths.devices, 303)
  })

  app.post(paths.revokeOthers, guard, async (c) => {
    const { session } = c.var.user
    const form = await readForm(c)
    if (!sessions.revocable) return c.redirect(paths.devices, 303)
    if (!session.isCsrfToken(form('csrf'))) return outOfDate(c)
    const { ended } = await sessions.revokeAll(session.userId!, { except: session })
    if (ended > 0) session.flash('success', `You are signed out on ${others(ended)}.`)
    else session.flash('info', 'You were not signed in on any other device.')
    return c.redirect(paths.devices, 303)
  })

  const outOfDate = (c: Context<Env>) =>
    show(c, { form: 'This page was out of date, so no device was signed out. Look again, and sign it out once more.' })

  async function show(c: Context<Env>, errors?: { form: string }) {
    const { user } = c.var
    if (!sessions.revocable) return send(c, <NoDevicesPage user={user} sessionType={config.sessionType} />)
    const devices = await devicesOf(sessions, user.session, c.req.header('user-agent')).catch(waiting)
    if (devices === null) return send(c, <DevicesWaitPage user={user} />, 503, { 'Retry-After': '5' })
    const flashes = user.session.takeFlashes()
    return send(c, <DevicesPage {...{ user, ...devices, flashes, errors }} now={now()} />, errors ? 403 : 200)
  }

  /** A list that cannot be had right now is told on the page where it would be. */
  function waiting(error: unknown): null {
    if (!(error instanceof SojournError && error.status === 503)) throw error
    log.error(error.message)
    return null
  }

  return app
}

const others = (count: number) => (count === 1 ? 'your other device' : `${count} other devices`)
