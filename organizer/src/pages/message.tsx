import type { Child } from 'hono/jsx'
import type { User } from '../app-env.ts'
import { assets } from '../assets.ts'
import { paths } from '../paths.ts'
import type { SentForm } from '../sent-form.ts'
import { Layout } from './layout.tsx'

const dashboardLink = { href: paths.dashboard, text: 'Go to your events', primary: false }

interface MessageProps {
  title: string
  user?: User | null
  /** The link below the message. */
  link?: { href: string; text: string; primary: boolean }
  /** A form that could not be handled. The page keeps it, and can send it again. */
  sent?: SentForm | null
  children: Child
}

/** A page with one message, which does not need a session. */
export function MessagePage({ title, user, link = dashboardLink, sent = null, children }: MessageProps) {
  return (
    <Layout title={title} look="centered" user={user} {...(sent && { script: assets.typed })}>
      <h1>{title}</h1>
      <div class="message">{children}</div>
      {sent ? (
        <SendAgain {...sent} />
      ) : (
        <p>
          <a class={link.primary ? 'button primary' : 'button'} href={link.href}>
            {link.text}
          </a>
        </p>
      )}
    </Layout>
  )
}

function SendAgain({ action, fields, isSaved }: SentForm) {
  return (
    <form class="buttons" method="post" action={action} data-keep={paths.draft} data-typed="">
      {fields.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <button class="button primary">Send again</button>
      {isSaved === 'unknown' && (
        <a class="button" href={paths.dashboard} target="_blank">
          Check your events<span class="unseen"> in a new tab</span>
        </a>
      )}
    </form>
  )
}

/** Says what became of a form that could not be handled. */
export function SentNote({ title, isSaved }: SentForm) {
  const kept = title === null ? 'This page keeps what you sent.' : `Your event is safe: this page keeps ${title}.`
  return (
    <p>
      {isSaved === 'no'
        ? `${kept} It isn't saved yet. Send it again in a minute.`
        : `${kept} It may have been saved already: check that first, and send it again if it isn't there.`}
    </p>
  )
}

export const NotFoundPage = ({ user }: { user?: User | null }) => (
  <MessagePage title="Page not found" user={user ?? null}>
    <p>Check the address, or start from your events.</p>
  </MessagePage>
)

export const FormRefusedPage = ({ user }: { user?: User | null }) => (
  <MessagePage title="This form was not accepted" user={user ?? null}>
    <p>
      Nothing was changed, because the form was out of date. That happens if a page was open for a long time, or if your
      browser keeps no cookies for this site.
    </p>
    <p>Go back, reload the page, and send the form again.</p>
  </MessagePage>
)

export const TooLargePage = () => (
  <MessagePage title="That was too much at once">
    <p>You sent more than any form here can hold. Nothing was changed. Go back and shorten it.</p>
  </MessagePage>
)

export const UnreadablePage = () => (
  <MessagePage title="We couldn't read that">
    <p>The request was damaged on its way, so nothing was changed. Go back and try again.</p>
  </MessagePage>
)

interface FailureProps {
  user: User | null
  sent: SentForm | null
  /** The log has the error under this reference. */
  reference: string
}

export const FailurePage = ({ user, sent, reference }: FailureProps) => (
  <MessagePage title="Something went wrong here" user={user} sent={sent}>
    <p>It's our fault, not yours.</p>
    {sent ? <SentNote {...sent} /> : <p>Try again in a minute.</p>}
    <p>
      If it happens again, tell the person who runs this Organizer, and quote <code>{reference}</code>.
    </p>
  </MessagePage>
)
