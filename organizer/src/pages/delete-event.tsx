import type { PlannedEvent } from '../data/events.ts'
import type { User } from '../app-env.ts'
import { eventPaths } from '../paths.ts'
import { EventCard } from './event-list.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary } from './notices.tsx'

interface DeleteEventProps {
  user: User
  event: PlannedEvent
  today: string
  errors?: { form?: string }
}

/** Asks the user to confirm that an event is deleted. */
export function DeleteEventPage({ user, event, today, errors = {} }: DeleteEventProps) {
  return (
    <Layout title="Delete event" user={user} narrow>
      <div>
        <h1>Delete this event?</h1>
        <p class="lead">It cannot be brought back.</p>
      </div>
      <ErrorSummary errors={errors} />
      <EventCard event={event} today={today} />
      <form method="post" action={eventPaths(event.id).delete}>
        <CsrfField session={user.session} />
        <div class="buttons">
          <button class="button primary danger">Delete event</button>
          <a class="button quiet" href={eventPaths(event.id).edit}>
            Keep it
          </a>
        </div>
      </form>
    </Layout>
  )
}
