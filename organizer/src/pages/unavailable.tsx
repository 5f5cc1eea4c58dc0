import type { SentForm } from '../sent-form.ts'
import { MessagePage, SentNote } from './message.tsx'

/** The part of the application that is down: the session store or the database. */
export type UnavailablePart = 'sign-ins' | 'events'

const reasons: Readonly<Record<UnavailablePart, string>> = {
  'sign-ins': "We can't reach our sign-in records right now.",
  events: "We can't reach your events right now.",
}
// Guests read this too.
const reassurance = 'If you are signed in, you stay signed in.'

/** How often the browser requests the page again. Long enough for a screen reader to finish this page. */
export const retryIntervalSeconds = 15

interface UnavailableProps {
  part: UnavailablePart
  /** The path of the requested page, to try again; `null` if a form was sent. */
  page: string | null
  sent: SentForm | null
  /** The part that certainly did not happen; `null` if that is uncertain. */
  unchanged: string | null
}

/** The page for a request that fails because of an outage. */
export function UnavailablePage({ part, page, sent, unchanged }: UnavailableProps) {
  if (page === null) {
    const isUnsaved = sent?.isSaved === 'no' || unchanged !== null
    return (
      <MessagePage title={isUnsaved ? 'Not saved yet' : 'It may not be saved'} sent={sent}>
        <p>
          {reasons[part]} {reassurance}
        </p>
        {sent ? <SentNote {...sent} /> : <p>{lost(unchanged)}</p>}
      </MessagePage>
    )
  }
  return (
    <MessagePage title="Back in a moment" link={{ href: page, text: 'Try again', primary: true }}>
      <p>
        {reasons[part]} {reassurance}
      </p>
      <p>This page tries again by itself, every {retryIntervalSeconds} seconds.</p>
    </MessagePage>
  )
}

const lost = (unchanged: string | null) =>
  unchanged === null
    ? "Your change may not have been saved. Check in a minute, and send it again if it isn't there."
    : `${unchanged} Try again in a minute.`
