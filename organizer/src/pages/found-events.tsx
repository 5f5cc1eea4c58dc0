import type { PlannedEvent } from '../data/events.ts'
import { paths } from '../paths.ts'
import { EventList } from './event-list.tsx'
import { EmptyCalendar } from './icons.tsx'

interface FoundEventsProps {
  /** The earliest first. */
  events: readonly PlannedEvent[]
  search: string
  allPast: boolean
  today: string
}

const maxPastShown = 10

/** The search field. With scripts, it filters the list while the user types. */
export function Search({ search }: { search: string }) {
  return (
    <form class="search" action={paths.dashboard} role="search">
      <label for="q">Find an event</label>
      <div class="with-button">
        <input
          type="search"
          id="q"
          name="q"
          value={search}
          maxlength={100}
          autocomplete="off"
          hx-get={paths.dashboard}
          hx-trigger="input changed delay:200ms, search"
          hx-target="#found"
          hx-select="#found"
          hx-swap="outerHTML"
          hx-replace-url="true"
          hx-sync="this:replace"
        />
        <button class="button inset">Find</button>
      </div>
    </form>
  )
}

/** The events that contain the searched text: future ones with the next first, then past ones with the latest first. */
export function FoundEvents({ events, search, allPast, today }: FoundEventsProps) {
  const word = search.trim().toLowerCase()
  const found = events.filter(({ title, place, description }) =>
    [title, place, description].some((text) => text.toLowerCase().includes(word)),
  )
  const coming = found.filter((event) => event.startsAt >= today)
  const past = found.filter((event) => event.startsAt < today).toReversed()
  const pastToShow = allPast ? past : past.slice(0, maxPastShown)
  return (
    <div id="found">
      <p class={word ? 'count' : 'count quietly'} role="status">
        {word &&
          (found.length === 0
            ? `No event has “${search.trim()}” in it.`
            : `${found.length} of ${events.length} events`)}
      </p>
      {events.length === 0 && <EmptyList />}
      {coming.length > 0 && (
        <section aria-labelledby="coming">
          <h2 id="coming">Coming up</h2>
          <EventList events={coming} today={today} />
        </section>
      )}
      {past.length > 0 && (
        <section aria-labelledby="past">
          <h2 id="past">Past</h2>
          <EventList events={pastToShow} today={today} />
          {past.length > pastToShow.length && (
            <p>
              <a class="button" href={`${paths.dashboard}?past=all${word ? `&q=${encodeURIComponent(search)}` : ''}`}>
                Show all {past.length} past events
              </a>
            </p>
          )}
        </section>
      )}
    </div>
  )
}

function EmptyList() {
  return (
    <div class="card empty">
      <EmptyCalendar />
      <h2>No events yet</h2>
      <p>When you have planned one, you find it here, the next one first.</p>
      <a class="button" href={paths.newEvent}>
        Plan your first event
      </a>
    </div>
  )
}
