import type { Child } from 'hono/jsx'
import { paths } from '../paths.ts'
import { Layout } from './layout.tsx'

const toEvents = { href: paths.dashboard, text: 'Go to your events', primary: false }

interface MessageProps {
  title: string
  /** Where the button leads, and what it says. */
  onward?: { href: string; text: string; primary: boolean }
  children: Child
}

/** A page that says one thing, and asks nothing of the session. */
export function Message({ title, onward = toEvents, children }: MessageProps) {
  return (
    <Layout title={title} narrow>
      <h1>{title}</h1>
      <div class="message">{children}</div>
      <p>
        <a class={onward.primary ? 'button primary' : 'button'} href={onward.href}>
          {onward.text}
        </a>
      </p>
    </Layout>
  )
}

export const NotFound = () => (
  <Message title="There is no such page">
    <p>The address may be mistyped, or the page may have moved.</p>
  </Message>
)

export const FormRefused = () => (
  <Message title="This form was not accepted">
    <p>
      It did not come from a page of Organizer that is still current, so nothing was changed. That happens when a page
      was open for long, or when the browser keeps no cookies for this site.
    </p>
    <p>Go back, load the page again, and send the form once more.</p>
  </Message>
)

export const TooLarge = () => (
  <Message title="That was too much at once">
    <p>What was sent is larger than any form here. Nothing was changed. Go back and shorten it.</p>
  </Message>
)

export const NotReadable = () => (
  <Message title="That could not be read">
    <p>The request was damaged on its way, so nothing was changed. Go back and try again.</p>
  </Message>
)

export const Failed = () => (
  <Message title="Something went wrong here">
    <p>
      It is our fault, not yours, and it has been noted. What you were doing may not have been saved. Try again in a
      minute.
    </p>
  </Message>
)
