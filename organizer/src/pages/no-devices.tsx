import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { AccountFrame } from './account-frame.tsx'
import { Note } from './notices.tsx'

/** The devices page without a session store. It explains other ways to sign out, and how to get a list. */
export function DevicesUnsupportedPage({ user, sessionType }: { user: User; sessionType: string }) {
  const shared = sessionType === 'flask' || sessionType === 'flask-redis'
  return (
    <AccountFrame
      page="devices"
      title="Your devices"
      user={user}
      lead="Other devices can't be listed or signed out here."
    >
      <div class="pair">
        <section class="card form" aria-labelledby="why">
          <h2 id="why">Why not, and what you can do</h2>
          <p>
            {sessionType === 'flask-redis'
              ? 'Flask-Session stores the sign-ins here and has no list of them, so Organizer does not know your other devices.'
              : 'Each browser keeps its own sign-in here, in a cookie, so Organizer does not know your other devices.'}
          </p>
          <p>
            <strong>Changing your password signs out all your other devices.</strong>
          </p>
          <div class="buttons">
            <a class="button" href={paths.account}>
              Change your password
            </a>
          </div>
        </section>
        <section class="card form" aria-labelledby="turn-on">
          <h2 id="turn-on">Turning it on</h2>
          <p>
            The person who runs this Organizer starts it with <code>SESSION_TYPE=sqlite</code>. Then this page lists
            your devices.
          </p>
          <p class="hint">
            {shared
              ? 'Everyone has to sign in again then, and a Flask application no longer shares the sign-in.'
              : "Turning it on doesn't sign anyone out."}
          </p>
        </section>
      </div>
    </AccountFrame>
  )
}

/** The devices page while the session store is down. */
export function DevicesUnavailablePage({ user }: { user: User }) {
  return (
    <AccountFrame page="devices" title="Your devices" user={user} lead="We can't list them right now.">
      <Note text="We can't reach our sign-in records right now. You stay signed in, here and elsewhere; signing out other devices has to wait." />
      <p>
        <a class="button primary" href={paths.devices}>
          Try again
        </a>
      </p>
    </AccountFrame>
  )
}
