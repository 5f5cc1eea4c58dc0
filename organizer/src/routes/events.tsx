import { Hono } from 'hono'
import type { NewEvent } from '../data/events.ts'
import { findDraftFields, type EventFields } from '../event-form.ts'
import { requireUser } from '../middleware/require-user.ts'
import { DashboardPage } from '../pages/dashboard.tsx'
import { EventFormPage } from '../pages/event-form.tsx'
import { sendPage } from '../pages/layout.tsx'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import { keepDraft, readEvent } from './event-form.tsx'

const emptyFields: EventFields = { title: '', date: '', time: '', place: '', description: '' }

/** Shows the dashboard, and creates events. */
export function eventRoutes(dependencies: Dependencies): Hono<AppEnv> {
  const { events } = dependencies
  const app = new Hono<AppEnv>()
  const userOnly = requireUser(dependencies)

  app.get(paths.dashboard, userOnly, async (c) => {
    const { user } = c.var
    const search = (c.req.query('q') ?? '').slice(0, 100)
    // `search.js` shows only the list of the page. Keep flashes for the next whole page.
    const isListOnly = c.req.header('x-list-only') !== undefined
    return sendPage(
      c,
      <DashboardPage
        {...{ user, search, events: await events.listByOwner(user.person.id), all: c.req.query('all') }}
        flashes={isListOnly ? [] : user.session.takeFlashes()}
      />,
    )
  })

  // The browser has this path in its address bar after a form with errors, and may load it again.
  app.get(paths.events, (c) => c.redirect(paths.dashboard))

  app.get(paths.newEvent, userOnly, (c) => {
    const { user } = c.var
    const draft = findDraftFields(user.person, user.session.data.draft)
    return sendPage(
      c,
      <EventFormPage user={user} event={null} fields={draft ?? emptyFields} isDraft={draft !== null} />,
    )
  })

  app.post(paths.events, keepDraft(dependencies), userOnly, async (c) => {
    const { person, session, reader } = c.var.user
    const event = await readEvent(c, null)
    if (event instanceof Response) return event
    await events.add(person.id, event)
    if (findDraftFields(person, session.data.draft)) delete session.data.draft
    session.flash('success', `“${event.title}” is on your list${pastSuffix(event, reader)}.`)
    return c.redirect(paths.dashboard, 303)
  })

  return app
}

function pastSuffix({ startsAt }: NewEvent, { now }: Reader): string {
  return startsAt < now ? ' of past events' : ''
}
