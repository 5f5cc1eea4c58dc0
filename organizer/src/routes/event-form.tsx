import type { Context, MiddlewareHandler } from 'hono'
import type { NewEvent, PlannedEvent } from '../data/events.ts'
import { draftFrom, eventErrors, eventFields, eventOf } from '../event-form.ts'
import { readForm } from '../form.ts'
import { currentPerson } from '../middleware/require-user.ts'
import { EventFormPage } from '../pages/event-form.tsx'
import { send } from '../pages/layout.tsx'
import { FormRefused } from '../pages/message.tsx'
import type { Env, Parts, User } from '../dependencies.ts'
import { eventPaths, loginPath, paths } from '../paths.ts'

/** Keeps what somebody typed whose sign-in had ended meanwhile, and leads them by the sign-in page back to it. */
export function keepDraft({ people }: Parts): MiddlewareHandler<Env> {
  return async function keepDraft(c, next) {
    if (await currentPerson(c, people)) return next()
    const id = eventId(c)
    const draft = draftFrom(await readForm(c), id ?? undefined)
    if (draft) c.var.session.data.draft = draft
    return c.redirect(loginPath(id === null ? paths.newEvent : eventPaths(id).edit), 303)
  }
}

/** Reads the event of the form that was posted; or gives the answer, where the form cannot be taken. */
export async function readEvent(c: Context, event: PlannedEvent | null): Promise<NewEvent | Response> {
  const user: User = c.var.user
  const form = await readForm(c)
  const fields = eventFields(form)
  if (!user.session.isCsrfToken(form('csrf'))) {
    // Somebody else typed it, and left the page open.
    if (form('for') && form('for') !== String(user.person.id)) return send(c, <FormRefused />, 403)
    const again = event ? 'Save it' : 'Create it'
    const errors = { form: `This form was out of date, so the event was not saved. ${again} once more.` }
    return send(c, <EventFormPage {...{ user, event, fields, errors }} />, 403)
  }
  const errors = eventErrors(fields)
  if (Object.keys(errors).length > 0) return send(c, <EventFormPage {...{ user, event, fields, errors }} />, 422)
  return eventOf(fields)
}

/** The id of the event that the address names; `null` where it names none. */
export function eventId(c: Context): number | null {
  const id: string | undefined = c.req.param('id')
  return id === undefined ? null : Number(id)
}
