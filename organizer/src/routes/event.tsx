import { createMiddleware } from 'hono/factory'
import { Hono } from 'hono'
import { dateOf } from '../dates.ts'
import type { PlannedEvent } from '../data/events.ts'
import { draftedFields, fieldsOf } from '../event-form.ts'
import { readForm } from '../form.ts'
import { signedIn } from '../middleware/require-user.ts'
import { DeleteEventPage } from '../pages/delete-event.tsx'
import { EventFormPage } from '../pages/event-form.tsx'
import { send } from '../pages/layout.tsx'
import { NotFound } from '../pages/message.tsx'
import type { Env, Parts } from '../dependencies.ts'
import { eventPaths, paths } from '../paths.ts'
import { eventId, keepDraft, readEvent } from './event-form.tsx'

type EventEnv = Env & { Variables: { event: PlannedEvent } }

/** Editing and deleting an event. That of another person is not there, like one that does not exist. */
export function singleEventRoutes(parts: Parts): Hono<EventEnv> {
  const { events, now } = parts
  const app = new Hono<EventEnv>()
  const guard = signedIn(parts)
  const at = `${paths.events}/:id{[1-9]\\d{0,14}}` as const

  const own = createMiddleware<EventEnv>(async (c, next) => {
    const event = await events.byId(c.var.user.person.id, eventId(c)!)
    if (!event) return send(c, <NotFound />, 404)
    c.set('event', event)
    return next()
  })

  // Where a form with errors leaves the browser.
  app.get(at, guard, own, (c) => c.redirect(eventPaths(c.var.event.id).edit))

  app.get(`${at}/edit`, guard, own, (c) => {
    const { user, event } = c.var
    const drafted = draftedFields(user.person, user.session.data.draft, event.id)
    const fields = drafted ?? fieldsOf(event)
    return send(c, <EventFormPage {...{ user, event, fields }} kept={drafted !== null} />)
  })

  app.post(at, keepDraft(parts), guard, own, async (c) => {
    const { user, event } = c.var
    const read = await readEvent(c, event)
    if (read instanceof Response) return read
    await events.change(user.person.id, event.id, read)
    forgetDraft(c.var)
    user.session.flash('success', `“${read.title}” is saved.`)
    return c.redirect(paths.dashboard, 303)
  })

  app.get(`${at}/delete`, guard, own, (c) => {
    const { user, event } = c.var
    return send(c, <DeleteEventPage {...{ user, event, today: dateOf(now()) }} />)
  })

  app.post(`${at}/delete`, guard, own, async (c) => {
    const { user, event } = c.var
    const form = await readForm(c)
    if (!user.session.isCsrfToken(form('csrf'))) {
      const errors = { form: 'This page was out of date, so the event was not deleted. Delete it once more.' }
      return send(c, <DeleteEventPage {...{ user, event, errors, today: dateOf(now()) }} />, 403)
    }
    await events.remove(user.person.id, event.id)
    forgetDraft(c.var)
    user.session.flash('success', `“${event.title}” is deleted.`)
    return c.redirect(paths.dashboard, 303)
  })

  return app
}

function forgetDraft({ user: { person, session }, event }: EventEnv['Variables']): void {
  if (draftedFields(person, session.data.draft, event.id)) delete session.data.draft
}
