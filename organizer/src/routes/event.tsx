import { createMiddleware } from 'hono/factory'
import { Hono } from 'hono'
import { localDate } from '../dates.ts'
import type { PlannedEvent } from '../data/events.ts'
import { findDraftFields, toEventFields } from '../event-form.ts'
import { readForm } from '../form.ts'
import { requireUser } from '../middleware/require-user.ts'
import { DeleteEventPage } from '../pages/delete-event.tsx'
import { EventFormPage } from '../pages/event-form.tsx'
import { sendPage } from '../pages/layout.tsx'
import { NotFoundPage } from '../pages/message.tsx'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { eventPaths, paths } from '../paths.ts'
import { eventId, keepDraft, readEvent } from './event-form.tsx'

type EventEnv = AppEnv & { Variables: { event: PlannedEvent } }

/** Edits and deletes an event. An event of another user is not found. */
export function singleEventRoutes(dependencies: Dependencies): Hono<EventEnv> {
  const { events, now } = dependencies
  const app = new Hono<EventEnv>()
  const userOnly = requireUser(dependencies)
  const eventPath = `${paths.events}/:id{[1-9]\\d{0,14}}` as const

  const loadEvent = createMiddleware<EventEnv>(async (c, next) => {
    const event = await events.findById(c.var.user.person.id, eventId(c)!)
    if (!event) return sendPage(c, <NotFoundPage />, 404)
    c.set('event', event)
    return next()
  })

  // The browser has this path in its address bar after a form with errors.
  app.get(eventPath, userOnly, loadEvent, (c) => c.redirect(eventPaths(c.var.event.id).edit))

  app.get(`${eventPath}/edit`, userOnly, loadEvent, (c) => {
    const { user, event } = c.var
    const draft = findDraftFields(user.person, user.session.data.draft, event.id)
    const fields = draft ?? toEventFields(event)
    return sendPage(c, <EventFormPage {...{ user, event, fields }} isDraft={draft !== null} />)
  })

  app.post(eventPath, keepDraft(dependencies), userOnly, loadEvent, async (c) => {
    const { user, event } = c.var
    const changed = await readEvent(c, event)
    if (changed instanceof Response) return changed
    await events.update(user.person.id, event.id, changed)
    deleteDraft(c.var)
    user.session.flash('success', `“${changed.title}” is saved.`)
    return c.redirect(paths.dashboard, 303)
  })

  app.get(`${eventPath}/delete`, userOnly, loadEvent, (c) => {
    const { user, event } = c.var
    return sendPage(c, <DeleteEventPage {...{ user, event, today: localDate(now()) }} />)
  })

  app.post(`${eventPath}/delete`, userOnly, loadEvent, async (c) => {
    const { user, event } = c.var
    const form = await readForm(c)
    if (!user.session.isCsrfToken(form('csrf'))) {
      const errors = { form: 'This page was out of date, so the event was not deleted. Delete it once more.' }
      return sendPage(c, <DeleteEventPage {...{ user, event, errors, today: localDate(now()) }} />, 403)
    }
    await events.remove(user.person.id, event.id)
    deleteDraft(c.var)
    user.session.flash('success', `“${event.title}” is deleted.`)
    return c.redirect(paths.dashboard, 303)
  })

  return app
}

function deleteDraft({ user: { person, session }, event }: EventEnv['Variables']): void {
  if (findDraftFields(person, session.data.draft, event.id)) delete session.data.draft
}
