import type { Flash } from 'sojourn'
import type { PlannedEvent } from '../data/events.ts'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { FoundEvents, Search } from './found-events.tsx'
import { Plus } from './icons.tsx'
import { Layout } from './layout.tsx'
import { Flashes } from './notices.tsx'
import { relativeDay, Instant } from './times.tsx'

interface DashboardProps {
  user: User
  /** The earliest first. */
  events: readonly PlannedEvent[]
  search: string
  allPast: boolean
  today: string
  flashes: readonly Flash[]
}

/** Fewer events have no search field. */
const minEventsForSearch = 6

/** A user's first page: their events and their sign-in. */
export function DashboardPage({ user, events, search, allPast, today, flashes }: DashboardProps) {
  const coming = events.filter((event) => event.startsAt >= today)
  return (
    <Layout title="Your events" user={user}>
      <Flashes flashes={flashes} />
      <div class="head">
        <div>
          <h1>Hello, {user.person.name.split(' ')[0]}</h1>
          <p class="lead">{summary(coming, today)}</p>
        </div>
        <a class="button primary" href={paths.newEvent}>
          <Plus />
          New event
        </a>
      </div>
      <div class="columns">
        <div>
          {events.length >= minEventsForSearch && <Search search={search} />}
          <FoundEvents {...{ events, search, allPast, today }} />
        </div>
        <SignIn {...user} />
      </div>
    </Layout>
  )
}

function summary(coming: readonly PlannedEvent[], today: string): string {
  const [next] = coming
  if (!next) return 'Nothing is coming up.'
  const soon = relativeDay(today, next.startsAt.slice(0, 10))
  const count = coming.length === 1 ? 'One event is' : `${coming.length} events are`
  return `${count} coming up${soon ? `, the next one ${soon.toLowerCase()}` : ''}.`
}

function SignIn({ session, person }: User) {
  return (
    <aside class="card sign-in" aria-labelledby="sign-in">
      <h2 id="sign-in">Your sign-in</h2>
      <dl>
        <dt>Signed in as</dt>
        <dd class="email">{person.email}</dd>
        {session.signedInAt !== null && (
          <>
            <dt>Since</dt>
            <dd>
              <Instant at={session.signedInAt} />
            </dd>
          </>
        )}
        <dt>Until, if unused</dt>
        <dd>
          <Instant at={session.expiresAt} />
        </dd>
      </dl>
      <p class="hint">
        {session.remember
          ? 'You stay signed in on this device when the browser closes.'
          : 'You are signed out when the browser closes.'}
      </p>
      <p>
        <a href={paths.devices}>Your devices</a>
      </p>
    </aside>
  )
}
