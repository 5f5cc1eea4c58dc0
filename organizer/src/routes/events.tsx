import { Hono } from 'hono'
import { dateOf } from '../clock.ts'
import { readForm } from '../form.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { draftFrom, type EventFields, eventErrors, eventFields, eventOf, isDraftOf } from '../new-event.ts'
import { Dashboard } from '../pages/dashboard.tsx'
import { send } from '../pages/layout.tsx'
import { FormRefused } from '../pages/message.tsx'
import { NewEventPage } from '../pages/new-event.tsx'
import type { Env, Parts } from '../parts.ts'
import { loginPath, paths } from '../paths.ts'

const nothing: EventFields = { title: '', date: '', time: '', place: '', description: '' }

/** The dashboard, and making events. */
export function eventRoutes({ people, events, now }: Parts): Hono<Env> {
  const app = new Hono<Env>()
  const guard = signedIn(people)

  app.get(paths.dashboard, guard, (c) => {
    const { session, person } = c.var
    const search = (c.req.query('q') ?? '').slice(0, 100)
    // A search as one types shows the list alone: messages wait for a whole page.
    const part = c.req.header('hx-request') !== undefined
    return send(
      c,
      <Dashboard
        {...{ session, person, search, events: events.of(person.id), today: dateOf(now()) }}
        flashes={part ? [] : session.takeFlashes()}
        allPast={c.req.query('past') === 'all'}
      />,
    )
  })

  // Where a form with errors leaves the browser: reloading from the address bar leads somewhere.
  app.get(paths.events, (c) => c.redirect(paths.dashboard))

  app.get(paths.newEvent, guard, (c) => {
    const { session, person } = c.var
    const { draft } = session.data
    const kept = isDraftOf(person, draft)
    return send(c, <NewEventPage {...{ session, person, kept }} fields={kept ? draft.fields : nothing} errors={{}} />)
  })

  app.post(paths.events, async (c, next) => {
    const { session } = c.var
    if (session.userId !== null) return next()
    // What they typed waits for them.
    const draft = draftFrom(await readForm(c))
    if (draft) session.data.draft = draft
    return c.redirect(loginPath(paths.newEvent), 303)
  })

  app.post(paths.events, guard, async (c) => {
    const { session, person } = c.var
    const form = await readForm(c)
    const fields = eventFields(form)
    if (!session.isCsrfToken(form('csrf'))) {
      // Somebody else typed it, and left the page open.
      if (form('for') && form('for') !== String(person.id)) return send(c, <FormRefused />, 403)
      const errors = { form: 'This form was out of date, so the event was not saved. Create it once more.' }
      return send(c, <NewEventPage {...{ session, person, fields, errors }} kept={false} />, 403)
    }
    const errors = eventErrors(fields)
    if (Object.keys(errors).length > 0) {
      return send(c, <NewEventPage {...{ session, person, fields, errors }} kept={false} />, 422)
    }
    const event = eventOf(fields)
    events.add(person.id, event)
    delete session.data.draft
    const past = fields.date < dateOf(now())
    session.flash('success', `“${event.title}” is on your list${past ? ' of past events' : ''}.`)
    return c.redirect(paths.dashboard, 303)
  })

  return app
}
