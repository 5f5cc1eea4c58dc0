import type { PlannedEvent } from '../data/events.ts'
import { Clock, Place } from './icons.tsx'
import { Beginning, howSoon, Leaf } from './times.tsx'

/** Events in the order given. */
export function EventList({ events, today }: { events: readonly PlannedEvent[]; today: string }) {
  return (
    <ol class="events">
      {events.map((event) => (
        <EventItem event={event} today={today} />
      ))}
    </ol>
  )
}

function EventItem({ event, today }: { event: PlannedEvent; today: string }) {
  const date = event.startsAt.slice(0, 10)
  const soon = howSoon(today, date)
  return (
    <li class={date < today ? 'event over' : 'event'}>
      <Leaf date={date} />
      <div class="event-body">
        <h3>
          <span dir="auto">{event.title}</span> {soon && <span class="tag">{soon}</span>}
        </h3>
        <p class="facts">
          <span>
            <Clock />
            <Beginning startsAt={event.startsAt} today={today} />
          </span>
          <span dir="auto">
            <Place />
            {event.place}
          </span>
        </p>
        {event.description && (
          <p class="description" dir="auto">
            {event.description}
          </p>
        )}
      </div>
    </li>
  )
}
