import { createMiddleware } from 'hono/factory'
import { Hono } from 'hono'
import type { PlannedEvent } from '../data/events.ts'
import { findDraftFields, readEventFields, toEventFields } from '../event-form.ts'
import { readForm } from '../form.ts'
import { requireUser } from '../middleware/require-user.ts'
import { EventFormPage } from '../pages/event-form.tsx'
import { sendPage } from '../pages/layout.tsx'
import { NotFoundPage } from '../pages/message.tsx'
import { deletedCategory } from '../pages/notices.tsx'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { eventPaths, paths } from '../paths.ts'
import { eventId, isOfAnother, keepDraft, readEvent, sendDeleted } from './event-form.tsx'

type EventEnv = AppEnv & { Variables: { event: PlannedEvent } }

/** Edits, deletes and restores an event. An event of another user is not found. */
export function singleEventRoutes(dependencies: Dependencies): Hono<EventEnv> {
  const { events } = dependencies
  const app = new Hono<EventEnv>()
  const userOnly = requireUser(dependencies)
  const eventPath = `${paths.events}/:id{[1-9]\\d{0,14}}` as const

  const loadEvent = createMiddleware<EventEnv>(async (c, next) => {
    const { user } = c.var
    const event = await events.findById(user.person.id, eventId(c)!)
    if (event) {
      c.set('event', event)
      return next()
    }
    const form = c.req.method === 'POST' ? await readForm(c) : null
    if (!form || isOfAnother(form('for'), user)) return sendPage(c, <NotFoundPage user={user} />, 404)
    return sendDeleted(c, user, readEventFields(form))
  })

  // The browser has these paths in its address bar after a form with errors, or after a sign-in.
  app.get(eventPath, userOnly, loadEvent, (c) => c.redirect(eventPaths(c.var.event.id).edit))
  app.get(`${eventPath}/delete`, userOnly, loadEvent, (c) => c.redirect(eventPaths(c.var.event.id).edit))
  app.get(`${eventPath}/restore`, userOnly, (c) => c.redirect(paths.dashboard))

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

  // It does not ask first: the next page offers to undo it.
  app.post(`${eventPath}/delete`, userOnly, loadEvent, async (c) => {
    const { user, event } = c.var
    const form = await readForm(c)
    if (!user.session.isCsrfToken(form('csrf'))) {
      const errors = { form: 'This form was out of date, so the event was not deleted. Delete it once more.' }
      return sendPage(c, <EventFormPage {...{ user, event, errors, fields: toEventFields(event) }} />, 403)
    }
    await events.remove(user.person.id, event.id)
    deleteDraft(c.var)
    user.session.flash(deletedCategory(event.id), `“${event.title}” was deleted.`)
    return c.redirect(paths.dashboard, 303)
  })

  app.post(`${eventPath}/restore`, userOnly, async (c) => {
    const { person, session } = c.var.user
    const form = await readForm(c)
    const isValid = session.isCsrfToken(form('csrf'))
    const event = isValid ? await events.restore(person.id, eventId(c)!) : null
    if (event) session.flash('success', `“${event.title}” is back on your list.`)
    else session.flash('info', 'The event could not be restored. That works for one day after it was deleted.')
    return c.redirect(paths.dashboard, 303)
  })

  return app
}

function deleteDraft({ user: { person, session }, event }: EventEnv['Variables']): void {
  if (findDraftFields(person, session.data.draft, event.id)) delete session.data.draft
}
