import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { SojournError } from 'sojourn'
import { deviceNameError, maxDeviceNameLength } from '../device-name.ts'
import { listDevices } from '../devices.ts'
import { normalizeLine, readFields, readForm } from '../form.ts'
import { currentPerson, requireUser } from '../middleware/require-user.ts'
import { DevicesPage } from '../pages/devices.tsx'
import { sendPage } from '../pages/layout.tsx'
import { DevicesUnavailablePage, DevicesUnsupportedPage } from '../pages/no-devices.tsx'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { loginPath, paths } from '../paths.ts'

/** Lists a user's devices, names them, and signs them out. One function, because Hono's routes are written in a row. */
export function deviceRoutes(dependencies: Dependencies): Hono<AppEnv> {
  const { config, sessions, storeState, people, deviceNames, log } = dependencies
  const app = new Hono<AppEnv>()
  const userOnly = requireUser(dependencies)

  app.get(paths.devices, userOnly, (c) => sendDevices(c))
  // Users come here if they had to sign in before their form could be handled.
  for (const path of [paths.nameDevice, paths.revokeDevice, paths.revokeOthers])
    app.get(path, (c) => c.redirect(paths.devices))

  app.post(paths.revokeDevice, userOnly, async (c) => {
    const { session } = c.var.user
    const form = await readForm(c)
    if (!sessions.revocable) return c.redirect(paths.devices, 303)
    if (!session.isCsrfToken(form('csrf'))) return sendOutOfDate(c)
    const ids = new Set((await readFields(c)).filter(([name]) => name === 'id').map(([, value]) => value))
    if (ids.has(session.id!)) {
      session.signOut()
      session.flash('success', 'You are signed out.')
      return c.redirect(paths.login, 303)
    }
    // Read the name before the session ends. An unknown id, or one of another user, is not in the list.
    const devices = (await findDevices(c)).others.flat().filter(({ id }) => ids.has(id))
    let count = 0
    for (const { id } of devices) count += (await sessions.revoke(session.userId!, id)).ended
    const name = devices[0]?.name
    if (count === 0) session.flash('info', 'That device was signed out already.')
    else session.flash('success', `${name} was signed out${count > 1 ? ` (${count} sign-ins)` : ''}.`)
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
    if (ended > 0) session.flash('success', `Signed out of ${countOthers(ended)}.`)
    else session.flash('info', 'You were not signed in on any other device.')
    return c.redirect(paths.devices, 303)
  })

  // A name that was typed while the session ended is in its form again after the sign-in.
  const keepName: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (await currentPerson(c, people)) return next()
    const form = await readForm(c)
    const typed = { name: form('id').slice(0, 100), typed: form('name').slice(0, maxDeviceNameLength) }
    return c.redirect(loginPath(`${paths.devices}?${new URLSearchParams(typed)}`), 303)
  }

  app.post(paths.nameDevice, keepName, userOnly, async (c) => {
    const { person, session } = c.var.user
    const form = await readForm(c)
    if (!sessions.revocable) return c.redirect(paths.devices, 303)
    if (!session.isCsrfToken(form('csrf'))) return sendOutOfDate(c)
    const name = normalizeLine(form('name'))
    const error = deviceNameError(name)
    if (error !== null) return sendDevices(c, { form: error }, 422)
    const { own, others } = await findDevices(c)
    const present = [own, ...others.flat()].map(({ id }) => id)
    if (!present.includes(form('id'))) session.flash('info', 'That device was signed out already.')
    else {
      await deviceNames.set(person.id, form('id'), name, present)
      session.flash('success', name ? `Device renamed to “${name}”.` : 'Name removed.')
    }
    return c.redirect(paths.devices, 303)
  })

  const sendOutOfDate = (c: Context<AppEnv>) =>
    sendDevices(c, { form: 'This page was out of date, so nothing was changed. Please try again.' }, 403)

  async function findDevices(c: Context<AppEnv>) {
    const { person, session } = c.var.user
    const names = await deviceNames.listByOwner(person.id)
    return listDevices(sessions, session, { names, userAgent: c.req.header('user-agent') })
  }

  async function sendDevices(c: Context<AppEnv>, errors?: { form: string }, status: 200 | 403 | 422 = 200) {
    const { user } = c.var
    if (!sessions.revocable) return sendPage(c, <DevicesUnsupportedPage user={user} sessionType={config.sessionType} />)
    const devices = await findDevices(c).catch(ignoreOutage)
    if (devices === null) return sendPage(c, <DevicesUnavailablePage user={user} />, 503, { 'Retry-After': '5' })
    const flashes = user.session.takeFlashes()
    const typed = c.req.query('typed')?.slice(0, maxDeviceNameLength)
    const isListed = [devices.own, ...devices.others.flat()].some(({ id }) => id === c.req.query('name'))
    // A sign-in gives this device another id.
    const naming = typed !== undefined && !isListed ? devices.own.id : c.req.query('name')
    return sendPage(c, <DevicesPage {...{ user, ...devices, flashes, errors, naming, typed }} />, status)
  }

  /** During an outage, the devices page says that there is no list. */
  function ignoreOutage(error: unknown): null {
    if (!(error instanceof SojournError && error.status === 503)) throw error
    if (!storeState.isDown) log.error(error.message)
    return null
  }

  return app
}

const countOthers = (count: number) => (count === 1 ? 'your other device' : `${count} other devices`)
