import type { Child } from 'hono/jsx'
import type { User } from '../app-env.ts'
import { formatDuration } from '../dates.ts'
import { idleLoginPath, loginAgainPath, paths } from '../paths.ts'
import { Clock } from './icons.tsx'

/**
 * The banner in which `idle.js` warns that the session is about to end, or has ended. Times are relative, because the
 * clocks of server and browser differ.
 */
export function IdleBanner({ user: { person, end, absoluteTimeout } }: { user: User }) {
  return (
    <div
      id="idle"
      role="alert"
      data-person={person.id}
      data-ends-in={end.endsIn}
      data-can-stay={String(end.canStay)}
      data-asks={paths.session}
    >
      <template data-idle="soon">
        <Text>
          Still there? You'll be signed out in <span data-idle-time></span>.
        </Text>
        <p data-idle-failed hidden>
          Organizer can't be reached right now.
        </p>
        <button type="button" class="button primary">
          Stay signed in
        </button>
      </template>
      <template data-idle="last">
        <Text>
          You'll be signed out in <span data-idle-time></span>: we ask everyone to sign in again every{' '}
          {formatDuration(absoluteTimeout)}.
        </Text>
        <a class="button primary" href={loginAgainPath(null)}>
          Sign in again
        </a>
      </template>
      <template data-idle="over">
        <Text>You were signed out because you hadn't used Organizer for a while.</Text>
        <a class="button primary" href={idleLoginPath}>
          Sign in again
        </a>
      </template>
    </div>
  )
}

// The style sheet shows the second sentence if a form on the page has been filled in.
function Text({ children }: { children: Child }) {
  return (
    <p class="idle-text">
      <Clock />
      <span>
        {children} <span class="if-typed">Your event is safe: it will be waiting after you sign in.</span>
      </span>
    </p>
  )
}
