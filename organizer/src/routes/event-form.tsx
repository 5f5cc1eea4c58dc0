import type { Context, MiddlewareHandler } from 'hono'
import type { NewEvent, PlannedEvent } from '../data/events.ts'
import { type Draft, readDraft, findEventErrors, readEventFields, toEvent } from '../event-form.ts'
import { readForm } from '../form.ts'
import { currentPerson } from '../middleware/require-user.ts'
import { EventFormPage } from '../pages/event-form.tsx'
import { sendPage } from '../pages/layout.tsx'
import { FormRefusedPage, NotFoundPage } from '../pages/message.tsx'
import type { AppEnv, User } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { eventPaths, loginPath, paths } from '../paths.ts'
import { signInPage } from './sign-in-page.tsx'

/**
 * If the user's session has ended, sends the sign-in page with their input as a draft in its form. The page keeps it, not
 * the session, because anyone could fill the session store with drafts.
 */
export function keepDraft(dependencies: Dependencies): MiddlewareHandler<AppEnv> {
  const { people } = dependencies
  const sendSignInPage = signInPage(dependencies)
  return async function keepDraft(c, next) {
    if (await currentPerson(c, people)) return next()
    const id = eventId(c)
    const draft = readDraft(await readForm(c), id)
    if (draft) return sendSignInPage(c, { draft }, {}, 403)
    return c.redirect(loginPath(id === null ? paths.newEvent : eventPaths(id).edit), 303)
  }
}

/** Sends a draft in its form. It is not stored, so that this is safe without a valid form token. */
export async function sendDraft(c: Context, user: User, { event: id, fields }: Draft, { events }: Dependencies) {
  const event = id === undefined ? null : await events.findById(user.person.id, id)
  if (id !== undefined && !event) return sendDeleted(c, user, fields)
  return sendPage(c, <EventFormPage {...{ user, event, fields }} isDraft />)
}

/** Sends what a user typed for an event that was deleted meanwhile, as a new event. */
export function sendDeleted(c: Context, user: User, fields: Draft['fields']) {
  if (!Object.values(fields).some(Boolean)) return sendPage(c, <NotFoundPage user={user} />, 404)
  const errors = { form: 'This event was deleted. Your text is safe. Create the event again to keep it.' }
  return sendPage(c, <EventFormPage {...{ user, event: null, fields, errors }} />, 404)
}

/** Reads the event of a posted form. If the form is refused, resolves to the response instead. */
export async function readEvent(c: Context, event: PlannedEvent | null): Promise<NewEvent | Response> {
  const user: User = c.var.user
  const form = await readForm(c)
  const fields = readEventFields(form)
  if (!user.session.isCsrfToken(form('csrf'))) {
    // Another user typed it and left the page open.
    if (isOfAnother(form('for'), user)) return sendPage(c, <FormRefusedPage user={user} />, 403)
    const action = event ? 'Save it' : 'Create it'
    const errors = { form: `Your event is safe, but this form was out of date. ${action} once more.` }
    return sendPage(c, <EventFormPage {...{ user, event, fields, errors }} />, 403)
  }
  const errors = findEventErrors(fields)
  if (Object.keys(errors).length > 0) return sendPage(c, <EventFormPage {...{ user, event, fields, errors }} />, 422)
  return toEvent(fields)
}

/** Whether a form names another user as the one who typed it. */
export const isOfAnother = (owner: string, { person }: User) => owner !== '' && owner !== String(person.id)

/** Returns the event id of the request's path, or `null` if it has none. */
export function eventId(c: Context): number | null {
  const id: string | undefined = c.req.param('id')
  return id === undefined ? null : Number(id)
}
