import { Message } from './message.tsx'

/** Why something has to wait. */
export type Missing = 'sign-ins' | 'events'

const reasons: Readonly<Record<Missing, string>> = {
  'sign-ins': 'Organizer cannot check right now who is signed in.',
  events: 'Organizer cannot look up events right now.',
}
// Also guests read it.
const stays = 'If you are signed in, you stay signed in.'

/** How often the page that was asked for is tried again, in seconds: rarely enough to hear this one to its end. */
export const triesAgainEvery = 15

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
        <p>
          {reasons[missing]} {stays}
        </p>
        <p>
          What you have just sent may not have been done. Wait a few seconds, see whether it was, and if not, send it
          once more.
        </p>
      </Message>
    )
  }
  return (
    <Message title="Back in a moment" onward={{ href: page, text: 'Try again', primary: true }}>
      <p>
        {reasons[missing]} {stays}
      </p>
      <p>This page tries again by itself, every {triesAgainEvery} seconds.</p>
    </Message>
  )
}
