import type { PlannedEvent } from '../data/events.ts'
import { paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import { EventList } from './event-list.tsx'
import { EmptyCalendar } from './icons.tsx'

interface FoundEventsProps {
  /** The earliest first. */
  events: readonly PlannedEvent[]
  search: string
  /** Which list is shown whole. */
  all: string | undefined
  reader: Reader
}

const maxShown = { coming: 50, past: 10 }

/** The search field. With scripts, `search.js` filters the list while the user types. */
export function Search({ search }: { search: string }) {
  return (
    <form class="search" action={paths.dashboard} role="search">
      <label for="q">Find an event</label>
      <div class="with-button">
        <input type="search" id="q" name="q" value={search} maxlength={100} autocomplete="off" />
        <button class="button inset">Find</button>
      </div>
    </form>
  )
}

/** The events that contain the searched text: future ones with the next first, then past ones with the latest first. */
export function FoundEvents({ events, search, all, reader }: FoundEventsProps) {
  const word = search.trim().toLowerCase()
  const found = events.filter(({ title, place, description }) =>
    [title, place, description].some((text) => text.toLowerCase().includes(word)),
  )
  const coming = found.filter((event) => event.startsAt >= reader.now)
  const past = found.filter((event) => event.startsAt < reader.now).toReversed()
  return (
    <div id="found">
      <div class="count">
        <p role="status">
          {word &&
            (found.length === 0 ? `No events match “${search.trim()}”.` : `${found.length} of ${events.length} events`)}
        </p>
        {word && <a href={paths.dashboard}>Clear the search</a>}
      </div>
      {events.length === 0 && <EmptyList />}
      <Section name="coming" title="Coming up" {...{ events: coming, search, all, reader }} />
      <Section name="past" title="Past" {...{ events: past, search, all, reader }} />
    </div>
  )
}

function Section({
  name,
  title,
  events,
  search,
  all,
  reader,
}: FoundEventsProps & { name: keyof typeof maxShown; title: string }) {
  if (events.length === 0) return null
  const shown = all === name ? events : events.slice(0, maxShown[name])
  return (
    <section aria-labelledby={name}>
      <h2 id={name}>{title}</h2>
      <EventList events={shown} reader={reader} />
      {events.length > shown.length && (
        <p>
          <a class="button" href={`${paths.dashboard}?${new URLSearchParams({ all: name, q: search })}`}>
            Show all {events.length}
            <span class="unseen"> events: {title.toLowerCase()}</span>
          </a>
        </p>
      )}
    </section>
  )
}

function EmptyList() {
  return (
    <div class="card empty">
      <EmptyCalendar />
      <h2>No events yet</h2>
      <p>Your events will appear here, soonest first.</p>
      <a class="button" href={paths.newEvent}>
        Plan your first event
      </a>
    </div>
  )
}
