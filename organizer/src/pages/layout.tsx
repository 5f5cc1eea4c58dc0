import type { Context } from 'hono'
import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Session } from 'sojourn'
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
  /** The signed-in user, for the bar at the top. Pages that do not need the session leave it out. */
  user?: User | undefined
  narrow?: boolean
  children?: Child
}

/** The frame of all pages. */
export function Layout({ title, user, narrow = false, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${title} · Organizer`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href={assets.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={assets.style} />
        <script src={assets.htmx} defer></script>
        <script src={assets.script} defer></script>
        {user && <script src={assets.idle} defer></script>}
        {user?.sessionEndedPath && (
          <script type="module" src={assets.ended} data-asks={user.sessionEndedPath} data-leads={paths.login}></script>
        )}
      </head>
      <body class={narrow ? 'narrow' : 'wide'}>
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
          {children}
        </main>
        <footer class="foot">
          <p>
            Organizer keeps its <span class="whole">sign-ins</span> with Sojourn: sessions that stay.
          </p>
        </footer>
      </body>
    </html>
  )
}

function SignedInAs({ person, session }: User) {
  return (
    <div class="who">
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
