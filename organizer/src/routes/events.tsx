import { Hono } from 'hono'
import { dateOf } from '../dates.ts'
import type { NewEvent } from '../data/events.ts'
import { draftedFields, type EventFields } from '../event-form.ts'
import { signedIn } from '../middleware/require-user.ts'
import { Dashboard } from '../pages/dashboard.tsx'
import { EventFormPage } from '../pages/event-form.tsx'
import { send } from '../pages/layout.tsx'
import type { Env, Parts } from '../dependencies.ts'
import { paths } from '../paths.ts'
import { keepDraft, readEvent } from './event-form.tsx'

const nothing: EventFields = { title: '', date: '', time: '', place: '', description: '' }

/** The dashboard, and making events. */
export function eventRoutes(parts: Parts): Hono<Env> {
  const { events, now } = parts
  const app = new Hono<Env>()
  const guard = signedIn(parts)

  app.get(paths.dashboard, guard, async (c) => {
    const { user } = c.var
    const search = (c.req.query('q') ?? '').slice(0, 100)
    // A search as one types shows the list alone: messages wait for a whole page, which is told that it was use.
    const part = c.req.header('hx-request') !== undefined
    if (part) c.header('HX-Trigger', JSON.stringify({ 'organizer:used': user.end }))
    return send(
      c,
      <Dashboard
        {...{ user, search, events: await events.of(user.person.id), today: dateOf(now()) }}
        flashes={part ? [] : user.session.takeFlashes()}
        allPast={c.req.query('past') === 'all'}
      />,
    )
  })

  // Where a form with errors leaves the browser: reloading from the address bar leads somewhere.
  app.get(paths.events, (c) => c.redirect(paths.dashboard))

  app.get(paths.newEvent, guard, (c) => {
    const { user } = c.var
    const drafted = draftedFields(user.person, user.session.data.draft)
    return send(c, <EventFormPage user={user} event={null} fields={drafted ?? nothing} kept={drafted !== null} />)
  })

  app.post(paths.events, keepDraft(parts), guard, async (c) => {
    const { person, session } = c.var.user
    const read = await readEvent(c, null)
    if (read instanceof Response) return read
    await events.add(person.id, read)
    if (draftedFields(person, session.data.draft)) delete session.data.draft
    session.flash('success', `“${read.title}” is on your list${pastWords(read, dateOf(now()))}.`)
    return c.redirect(paths.dashboard, 303)
  })

  return app
}

function pastWords({ startsAt }: NewEvent, today: string): string {
  return startsAt < today ? ' of past events' : ''
}
