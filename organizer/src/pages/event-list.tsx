import type { PlannedEvent } from '../data/events.ts'
import { eventPaths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import { Clock, Place } from './icons.tsx'
import { EventTime, relativeDay, CalendarLeaf } from './times.tsx'

/** Longer descriptions are cut to three lines, with a button to show the rest. */
const maxDescription = { characters: 160, lines: 3 }

/** Events in the given order, each with links to edit it. */
export function EventList({ events, reader }: { events: readonly PlannedEvent[]; reader: Reader }) {
  return (
    <ol class="events" role="list">
      {events.map((event) => (
        <EventItem event={event} reader={reader} />
      ))}
    </ol>
  )
}

function EventItem({ event, reader }: { event: PlannedEvent; reader: Reader }) {
  const { title, startsAt, place } = event
  const soon = relativeDay(reader, startsAt)
  const edit = eventPaths(event.id).edit
  return (
    <li class={startsAt < reader.now ? 'event over' : 'event'}>
      <CalendarLeaf reader={reader} date={startsAt.slice(0, 10)} />
      <div class="event-body">
        <h3>
          <a href={edit} dir="auto">
            {title}
          </a>{' '}
          {soon && <span class="tag">{soon}</span>}
        </h3>
        <p class="facts">
          <span>
            <Clock />
            <EventTime reader={reader} startsAt={startsAt} />
          </span>
          <span dir="auto">
            <Place />
            {place}
          </span>
        </p>
        {event.description && <Description {...event} />}
      </div>
      <a class="button inset edit" href={edit}>
        Edit<span class="unseen"> {title}</span>
      </a>
    </li>
  )
}

function Description({ title, description }: PlannedEvent) {
  const isLong = description.length > maxDescription.characters || description.split('\n').length > maxDescription.lines
  return (
    <>
      <p class="description" dir="auto">
        {description}
      </p>
      {/* While it is closed, the style sheet cuts the paragraph before it. */}
      {isLong && (
        <details class="more">
          <summary>
            <span class="when-closed">More</span>
            <span class="when-open">Less</span>
            <span class="unseen"> about {title}</span>
          </summary>
        </details>
      )}
    </>
  )
}
