import type { PlannedEvent } from '../data/events.ts'
import { assets } from '../assets.ts'
import { type EventErrors, type EventFields, maxLength } from '../event-form.ts'
import type { User } from '../app-env.ts'
import { eventPaths, paths } from '../paths.ts'
import { Field } from './field.tsx'
import { Bin } from './icons.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Note } from './notices.tsx'

interface EventFormProps {
  user: User
  /** The event that is edited; `null` for a new one. */
  event: PlannedEvent | null
  fields: EventFields
  errors?: EventErrors & { form?: string }
  /** Whether the fields are a draft from before the user had to sign in again. */
  isDraft?: boolean
}

/** The form to create or edit an event. */
export function EventFormPage({ user, event, fields, errors = {}, isDraft = false }: EventFormProps) {
  const title = event ? 'Edit event' : 'New event'
  const save = event ? 'Save event' : 'Create event'
  const failed = Object.keys(errors).length > 0
  return (
    <Layout
      title={failed ? `Error: ${title.toLowerCase()}` : title}
      look="form-page"
      user={user}
      script={assets.typed}
      back
    >
      <h1>{title}</h1>
      {isDraft && <Note text={`Your event is safe, but not saved yet. Check it, then choose “${save}”.`} />}
      <ErrorSummary errors={{ ...errors }} />
      <form
        class="card form"
        method="post"
        action={event ? eventPaths(event.id).event : paths.events}
        data-keep={paths.draft}
        data-typed={isDraft || failed ? '' : undefined}
      >
        <CsrfField session={user.session} />
        <input type="hidden" name="for" value={user.person.id} />
        {event && <input type="hidden" name="event" value={event.id} />}
        <EventControls fields={fields} errors={errors} />
        <div class="buttons">
          <button class="button primary">{save}</button>
          <a class="button quiet" href={paths.dashboard}>
            Cancel
          </a>
          {event && (
            <button class="button quiet danger last" formaction={eventPaths(event.id).delete} formnovalidate>
              <Bin />
              Delete<span class="unseen"> event</span>
            </button>
          )}
        </div>
      </form>
    </Layout>
  )
}

function EventControls({ fields, errors }: { fields: EventFields; errors: EventErrors }) {
  return (
    <>
      <Field name="title" label="Title" error={errors.title}>
        {(attributes) => (
          <input {...attributes} value={fields.title} maxlength={maxLength.line} autocomplete="off" required />
        )}
      </Field>
      <div class="row">
        <Field name="date" label="Date" error={errors.date}>
          {(attributes) => (
            <input {...attributes} type="date" value={fields.date} min="2000-01-01" max="2099-12-31" required />
          )}
        </Field>
        <Field name="time" label="Time" error={errors.time}>
          {(attributes) => <input {...attributes} type="time" value={fields.time} required />}
        </Field>
      </div>
      <Field name="place" label="Place" error={errors.place}>
        {(attributes) => (
          <input {...attributes} value={fields.place} maxlength={maxLength.line} autocomplete="off" required />
        )}
      </Field>
      <Field name="description" label="Description (optional)" error={errors.description}>
        {(attributes) => (
          <textarea {...attributes} rows={4} maxlength={maxLength.text}>
            {fields.description}
          </textarea>
        )}
      </Field>
    </>
  )
}
