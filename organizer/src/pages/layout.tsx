import type { Context } from 'hono'
import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Flash, Session } from 'sojourn'
import { assets } from '../assets.ts'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { IdleBanner } from './idle-banner.tsx'
import { Account, Leave, Mark } from './icons.tsx'

/** Responds with a page. */
export function sendPage(
  c: Context,
  page: Child,
  status: ContentfulStatusCode = 200,
  headers: Record<string, string> = {},
) {
  return c.html(html`<!doctype html>${page}`, status, headers)
}

interface LayoutProps {
  title: string
  /** The signed-in user, for the bar at the top. Guests have none, and pages of an outage. */
  user?: User | null | undefined
  /** `wide` uses all of a screen, `centered` is one narrow column, `form-page` a wider one. */
  look: 'wide' | 'centered' | 'form-page'
  /** The page's messages. The title begins with them, because screen readers skip a status that was there from the start. */
  flashes?: readonly Flash[]
  /** Whether there is a link to the events above the content. */
  back?: boolean
  /** A script for this page alone. */
  script?: string
  children?: Child
}

/** The frame of all pages. */
export function Layout({ title, user, look, flashes = [], back = false, script, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{[...flashes.map(({ message }) => message), title, 'Organizer'].join(' · ')}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href={assets.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={assets.style} />
        <script src={assets.script} defer></script>
        {script && <script type="module" src={script}></script>}
        {user && <script src={assets.idle} defer></script>}
        {user?.sessionEndedPath && (
          <script type="module" src={assets.ended} data-asks={user.sessionEndedPath} data-leads={paths.login}></script>
        )}
      </head>
      <body class={look}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="bar">
          <a class="brand" href={paths.dashboard}>
            <Mark />
            Organizer
          </a>
          {user && <SignedInAs {...user} />}
        </header>
        {user && <IdleBanner user={user} />}
        <main id="main" tabindex={-1}>
          {back && (
            <p class="back">
              <a href={paths.dashboard}>Your events</a>
            </p>
          )}
          {children}
        </main>
        <footer class="foot">
          <p>
            Organizer keeps you signed in with <span class="whole">Sojourn</span>.
          </p>
        </footer>
      </body>
    </html>
  )
}

function SignedInAs({ person, session }: User) {
  return (
    <div class="who" data-email={person.email}>
      <a class="button quiet" href={paths.account}>
        <Account />
        <span class="unseen">Your account: </span>
        <span class="name">{person.name}</span>
      </a>
      <form method="post" action={paths.logout}>
        <CsrfField session={session} />
        <button class="button quiet">
          <Leave />
          Sign out
        </button>
      </form>
    </div>
  )
}

/** The hidden field with the CSRF token. */
export function CsrfField({ session }: { session: Pick<Session, 'csrfToken'> }) {
  return <input type="hidden" name="csrf" value={session.csrfToken} />
}
