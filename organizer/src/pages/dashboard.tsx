import type { Flash } from 'sojourn'
import { assets } from '../assets.ts'
import type { PlannedEvent } from '../data/events.ts'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
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
  all: string | undefined
  flashes: readonly Flash[]
}

/** Fewer events have no search field. */
const minEventsForSearch = 6

/** A user's first page: their events and their sign-in. */
export function DashboardPage({ user, events, search, all, flashes }: DashboardProps) {
  const { reader } = user
  const hasSearch = events.length >= minEventsForSearch || search !== ''
  return (
    <Layout title="Your events" look="wide" {...{ user, flashes }} {...(hasSearch && { script: assets.search })}>
      <Flashes flashes={flashes} session={user.session} />
      <div class="head">
        <div>
          <h1>Hello, {user.person.name.split(' ')[0]}</h1>
          <p class="lead">{summary(events, reader)}</p>
        </div>
        <a class="button primary" href={paths.newEvent}>
          <Plus />
          New event
        </a>
      </div>
      <div class="columns">
        <div>
          {hasSearch && <Search search={search} />}
          <FoundEvents {...{ events, search, all, reader }} />
        </div>
        <SignIn {...user} />
      </div>
    </Layout>
  )
}

function summary(events: readonly PlannedEvent[], reader: Reader): string {
  const coming = events.filter((event) => event.startsAt >= reader.now)
  const [next] = coming
  if (!next) return 'Nothing is coming up.'
  const soon = relativeDay(reader, next.startsAt)
  const count = coming.length === 1 ? 'One event is' : `${coming.length} events are`
  return `${count} coming up${soon ? `, the next one ${soon.toLowerCase()}` : ''}.`
}

function SignIn({ session, person, reader, end }: User) {
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
              <Instant reader={reader} at={session.signedInAt} />
            </dd>
          </>
        )}
        <dt>{end.canStay ? 'Expires' : 'Signed in until'}</dt>
        <dd>
          <Instant reader={reader} at={session.expiresAt} />
        </dd>
      </dl>
      <p class="hint">
        {end.canStay && 'Moves on each time you use Organizer. '}
        {session.remember ? 'Closing the browser keeps you signed in.' : 'Closing the browser signs you out.'}
      </p>
      <p>
        <a href={paths.devices}>Your devices</a>
      </p>
    </aside>
  )
}
