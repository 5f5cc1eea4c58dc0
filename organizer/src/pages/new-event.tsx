import type { Session } from 'sojourn'
import type { Person } from '../data/people.ts'
import { type EventErrors, type EventFields, longest } from '../new-event.ts'
import { paths } from '../paths.ts'
import { Field } from './field.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Note } from './notices.tsx'

interface NewEventProps {
  session: Session
  person: Person
  fields: EventFields
  errors: EventErrors & { form?: string }
  /** Whether the fields were typed before their person had to sign in again. */
  kept: boolean
}

/** The form for a new event. */
export function NewEventPage({ session, person, fields, errors, kept }: NewEventProps) {
  const failed = Object.keys(errors).length > 0
  return (
    <Layout title={failed ? 'Error: new event' : 'New event'} user={{ person, session }} narrow>
      <h1>New event</h1>
      {kept && <Note text="Your sign-in had ended, so the event was not saved. What you had typed is still here." />}
      <ErrorSummary errors={{ ...errors }} />
      <form class="card form" method="post" action={paths.events}>
        <CsrfField session={session} />
        <input type="hidden" name="for" value={person.id} />
        <Field name="title" label="Title" error={errors.title}>
          {(tied) => <input {...tied} value={fields.title} maxlength={longest.line} autocomplete="off" required />}
        </Field>
        <div class="row">
          <Field name="date" label="Date" error={errors.date}>
            {(tied) => <input {...tied} type="date" value={fields.date} min="2000-01-01" max="2099-12-31" required />}
          </Field>
          <Field name="time" label="Time" error={errors.time}>
            {(tied) => <input {...tied} type="time" value={fields.time} required />}
          </Field>
        </div>
        <Field name="place" label="Place" error={errors.place}>
          {(tied) => <input {...tied} value={fields.place} maxlength={longest.line} autocomplete="off" required />}
        </Field>
        <Field name="description" label="Description (optional)" error={errors.description}>
          {(tied) => (
            <textarea {...tied} rows={4} maxlength={longest.text}>
              {fields.description}
            </textarea>
          )}
        </Field>
        <div class="buttons">
          <button class="button primary">Create event</button>
          <a class="button quiet" href={paths.dashboard}>
            Cancel
          </a>
        </div>
      </form>
    </Layout>
  )
}
