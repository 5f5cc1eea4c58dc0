import type { User } from '../app-env.ts'
import { idleLoginPath, loginAgainPath, paths } from '../paths.ts'
import { Clock } from './icons.tsx'

/**
 * The banner in which `idle.js` warns that the session is about to end, or has ended. Times are relative, because the
 * clocks of server and browser differ.
 */
export function IdleBanner({ user: { person, end } }: { user: User }) {
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
        <p class="idle-text">
          <Clock />
          <span>
            You will be signed out in <span data-idle-time></span>, since you have not used Organizer for a while.
          </span>
        </p>
        <p data-idle-failed hidden>
          Organizer cannot be reached right now.
        </p>
        <button type="button" class="button primary">
          Stay signed in
        </button>
      </template>
      <template data-idle="last">
        <p class="idle-text">
          <Clock />
          <span>
            You will be signed out in <span data-idle-time></span>, since you signed in long ago. Save what you are
            doing, then sign in again.
          </span>
        </p>
        <a class="button primary" href={loginAgainPath(null)}>
          Sign in again
        </a>
      </template>
      <template data-idle="over">
        <p class="idle-text">
          <Clock />
          <span>You have been signed out, since you had not used Organizer for a while.</span>
        </p>
        <a class="button primary" href={idleLoginPath}>
          Sign in again
        </a>
      </template>
    </div>
  )
}
