import type { Flash, Session } from 'sojourn'
import { eventPaths } from '../paths.ts'
import { Check, Info, Warning } from './icons.tsx'
import { CsrfField } from './layout.tsx'

/** The category of the message about a deleted event, which offers to restore it. */
export const deletedCategory = (event: number) => `deleted:${event}`

/** The flash messages of the session. `session` is for the form that restores an event. */
export function Flashes({ flashes, session }: { flashes: readonly Flash[]; session?: Session }) {
  return (
    <>
      {flashes.map(({ category, message }) => {
        const deleted = /^deleted:(\d{1,15})$/.exec(category)?.[1]
        const isGood = category === 'success' || deleted !== undefined
        return (
          <div class={`notice ${isGood ? 'good' : 'calm'}`}>
            {isGood ? <Check /> : <Info />}
            <p role="status">{message}</p>
            {deleted && session && (
              <form method="post" action={eventPaths(Number(deleted)).restore}>
                <CsrfField session={session} />
                <button class="button inset">
                  Undo<span class="unseen">: restore the event</span>
                </button>
              </form>
            )}
          </div>
        )
      })}
    </>
  )
}

/** A note that the user should read first. */
export function Note({ text }: { text: string }) {
  return (
    <div class="notice calm">
      <Info />
      <p role="status">{text}</p>
    </div>
  )
}

/** Explains what users cannot do while the session store is down. */
export function OutageNote({ session }: { session: Pick<Session, 'confirmed'> }) {
  if (session.confirmed) return null
  return (
    <Note text="We can't reach our sign-in records right now. You're still signed in and can keep working; passwords and devices have to wait." />
  )
}

/** The errors of a form, each with a link to its field. It gets the focus when the page opens. */
export function ErrorSummary({ errors }: { errors: { readonly [field: string]: string | undefined } }) {
  const list = Object.entries(errors)
  if (list.length === 0) return null
  return (
    <div class="notice bad" role="alert" tabindex={-1} autofocus id="errors">
      <Warning />
      {list.length === 1 && list[0]?.[0] === 'form' ? (
        <p>{list[0][1]}</p>
      ) : (
        <div>
          <p class="notice-title">
            {list.length === 1 ? 'Please check one field' : `Please check ${list.length} fields`}
          </p>
          <ul role="list">
            {list.map(([field, message]) => (
              <li>
                <a href={`#${field}`}>{message}</a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
