import type { Child } from 'hono/jsx'
import type { PlannedEvent } from '../data/events.ts'
import { eventPaths } from '../paths.ts'
import { Clock, Place } from './icons.tsx'
import { EventTime, relativeDay, CalendarLeaf } from './times.tsx'

/** Events in the given order, each with a link to edit it. */
export function EventList({ events, today }: { events: readonly PlannedEvent[]; today: string }) {
  return (
    <ol class="events">
      {events.map((event) => (
        <li class={eventClass(event, today)}>
          <EventContent event={event} today={today}>
            <a class="button inset edit" href={eventPaths(event.id).edit}>
              Edit<span class="unseen"> {event.title}</span>
            </a>
          </EventContent>
        </li>
      ))}
    </ol>
  )
}

/** A single event, without a link. */
export function EventCard({ event, today }: { event: PlannedEvent; today: string }) {
  return (
    <article class={eventClass(event, today)}>
      <EventContent event={event} today={today} heading="h2" />
    </article>
  )
}

function eventClass(event: PlannedEvent, today: string): string {
  return event.startsAt < today ? 'event over' : 'event'
}

interface EventContentProps {
  event: PlannedEvent
  today: string
  heading?: 'h2' | 'h3'
  children?: Child
}

function EventContent({ event, today, heading: Heading = 'h3', children }: EventContentProps) {
  const date = event.startsAt.slice(0, 10)
  const soon = relativeDay(today, date)
  return (
    <>
      <CalendarLeaf date={date} />
      <div class="event-body">
        <Heading>
          <span dir="auto">{event.title}</span> {soon && <span class="tag">{soon}</span>}
        </Heading>
        <p class="facts">
          <span>
            <Clock />
            <EventTime startsAt={event.startsAt} today={today} />
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
      {children}
    </>
  )
}
