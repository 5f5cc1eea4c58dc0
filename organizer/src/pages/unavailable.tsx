import { Message } from './message.tsx'

/** Why something has to wait. */
export type Missing = 'sign-ins' | 'events'

const reasons: Readonly<Record<Missing, string>> = {
  'sign-ins': 'The place where Organizer keeps sign-ins does not answer right now.',
  events: 'The place where Organizer keeps its events does not answer right now.',
}

interface UnavailableProps {
  missing: Missing
  /** The page that was asked for, to try again; `null` where a form was sent. */
  page: string | null
}

/** What somebody sees whose request has to wait. */
export function Unavailable({ missing, page }: UnavailableProps) {
  if (page === null) {
    return (
      <Message title="That has to wait a moment">
        <p>{reasons[missing]} You are not signed out.</p>
        <p>
          What you have just sent may not have been done. Wait a few seconds, see whether it was, and if not, send it
          once more.
        </p>
      </Message>
    )
  }
  return (
    <Message title="Back in a moment" onward={{ href: page, text: 'Try again' }}>
      <p>{reasons[missing]} You are not signed out: wait a few seconds, then try again.</p>
    </Message>
  )
}
