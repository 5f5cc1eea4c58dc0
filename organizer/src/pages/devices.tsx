import type { Flash } from 'sojourn'
import type { Device, Devices } from '../devices.ts'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { Handheld, Laptop } from './icons.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Flashes, Note } from './notices.tsx'
import { Instant } from './times.tsx'

interface DevicesProps extends Devices {
  user: User
  now: number
  flashes: readonly Flash[]
  errors?: { form: string } | undefined
}

const maxDevicesShown = 50
const hourMs = 3_600_000

/** A user's devices, the current one first. */
export function DevicesPage({ user, own, others, now, flashes, errors }: DevicesProps) {
  const shown = others.slice(0, maxDevicesShown)
  return (
    <Layout title={errors ? 'Error: your devices' : 'Your devices'} user={user} narrow>
      <div>
        <h1>Your devices</h1>
        <p class="lead">
          {others.length === 0
            ? 'You are signed in here, and nowhere else.'
            : `You are signed in on ${others.length + 1} devices.`}
        </p>
      </div>
      <Flashes flashes={flashes} />
      <ErrorSummary errors={{ ...errors }} />
      <ul class="devices">
        <DeviceCard device={own} now={now} />
        {shown.map((device) => (
          <DeviceCard device={device} now={now} user={user} />
        ))}
      </ul>
      {others.length > shown.length && <p>And on {others.length - shown.length} more, not used for longer.</p>}
      {others.length > 0 && (
        <form method="post" action={paths.revokeOthers}>
          <CsrfField session={user.session} />
          <button class="button danger">Sign out everywhere else</button>
        </form>
      )}
      {others.length > 0 && (
        <p class="hint">
          Is one of them not yours? Sign it out, then <a href={paths.account}>change your password</a>. When a device
          was last used is known to the hour.
        </p>
      )}
    </Layout>
  )
}

/** One device. If its `user` is given, it has a button to sign the device out. */
function DeviceCard({ device, now, user }: { device: Device; now: number; user?: User }) {
  const { id, name, signedInAt, lastSeenAt, expiresAt, remember } = device
  return (
    <li class="card device">
      {/iPhone|iPad|Android/.test(name) ? <Handheld /> : <Laptop />}
      <h2>
        {name} {lastSeenAt === null && <span class="tag">This device</span>}
      </h2>
      <dl id={`about-${id}`}>
        <dt>Signed in</dt>
        <dd>
          <Instant at={signedInAt} />
        </dd>
        <dt>Last used</dt>
        <dd>{lastSeenAt === null ? 'Now' : <LastSeen at={lastSeenAt} now={now} />}</dd>
        <dt>Until, if unused</dt>
        <dd>
          <Instant at={expiresAt} />
          {!remember && ', or until the browser closes'}
        </dd>
      </dl>
      {user && (
        <form method="post" action={paths.revokeDevice}>
          <CsrfField session={user.session} />
          <input type="hidden" name="id" value={id} />
          <button class="button" aria-describedby={`about-${id}`}>
            Sign out<span class="unseen"> {name}</span>
          </button>
        </form>
      )}
    </li>
  )
}

// A session records its use once an hour, at most.
function LastSeen({ at, now }: { at: number; now: number }) {
  return now - at < hourMs ? (
    <time datetime={new Date(at).toISOString()}>Within the last hour</time>
  ) : (
    <Instant at={at} />
  )
}

/** The devices page without a session store. It explains other ways to sign out, and how to get a list. */
export function DevicesUnsupportedPage({ user, sessionType }: { user: User; sessionType: string }) {
  const shared = sessionType === 'flask' || sessionType === 'flask-redis'
  return (
    <Layout title="Your devices" user={user} narrow>
      <div>
        <h1>Your devices</h1>
        <p class="lead">Other devices cannot be listed or signed out here.</p>
      </div>
      <section class="card form" aria-labelledby="why">
        <h2 id="why">Why not, and what you can do</h2>
        <p>
          {sessionType === 'flask-redis'
            ? 'Sign-ins are kept by Flask-Session here, which has no list of them, so Organizer cannot tell where else you are signed in.'
            : 'Each browser keeps its own sign-in here, in a cookie, so Organizer cannot tell where else you are signed in.'}
        </p>
        <p>
          <strong>A new password signs you out everywhere else</strong>, here too.
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
          Whoever runs Organizer starts it with <code>SESSION_TYPE=sqlite</code>. Then it keeps a list of devices, and
          this page shows yours.
        </p>
        <p class="hint">
          {shared
            ? 'Everybody has to sign in once more then, and a Flask application no longer shares the sign-in.'
            : 'Nobody is signed out by that.'}
        </p>
      </section>
    </Layout>
  )
}

/** The devices page while the session store is down. */
export function DevicesUnavailablePage({ user }: { user: User }) {
  return (
    <Layout title="Your devices" user={user} narrow>
      <div>
        <h1>Your devices</h1>
        <p class="lead">They cannot be listed right now.</p>
      </div>
      <Note text="Organizer cannot check right now who is signed in. You stay signed in, here and elsewhere; signing out other devices has to wait." />
      <p>
        <a class="button primary" href={paths.devices}>
          Try again
        </a>
      </p>
    </Layout>
  )
}
