import type { Child } from 'hono/jsx'
import { paths } from '../paths.ts'
import { Layout } from './layout.tsx'

const dashboardLink = { href: paths.dashboard, text: 'Go to your events', primary: false }

interface MessageProps {
  title: string
  /** The link below the message. */
  link?: { href: string; text: string; primary: boolean }
  children: Child
}

/** A page with one message, which does not need a session. */
export function MessagePage({ title, link = dashboardLink, children }: MessageProps) {
  return (
    <Layout title={title} narrow>
      <h1>{title}</h1>
      <div class="message">{children}</div>
      <p>
        <a class={link.primary ? 'button primary' : 'button'} href={link.href}>
          {link.text}
        </a>
      </p>
    </Layout>
  )
}

export const NotFoundPage = () => (
  <MessagePage title="There is no such page">
    <p>The address may be mistyped, or the page may have moved.</p>
  </MessagePage>
)

export const FormRefusedPage = () => (
  <MessagePage title="This form was not accepted">
    <p>
      It did not come from a page of Organizer that is still current, so nothing was changed. That happens when a page
      was open for long, or when the browser keeps no cookies for this site.
    </p>
    <p>Go back, load the page again, and send the form once more.</p>
  </MessagePage>
)

export const TooLargePage = () => (
  <MessagePage title="That was too much at once">
    <p>What was sent is larger than any form here. Nothing was changed. Go back and shorten it.</p>
  </MessagePage>
)

export const UnreadablePage = () => (
  <MessagePage title="That could not be read">
    <p>The request was damaged on its way, so nothing was changed. Go back and try again.</p>
  </MessagePage>
)

export const FailurePage = () => (
  <MessagePage title="Something went wrong here">
    <p>
      It is our fault, not yours, and it has been noted. What you were doing may not have been saved. Try again in a
      minute.
    </p>
  </MessagePage>
)
