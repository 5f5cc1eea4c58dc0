import type { Flash, Session } from 'sojourn'
import { Check, Info, Warning } from './icons.tsx'

/** The flash messages of the session. */
export function Flashes({ flashes }: { flashes: readonly Flash[] }) {
  return (
    <>
      {flashes.map(({ category, message }) => (
        <p class={`notice ${category === 'success' ? 'good' : 'calm'}`} role="status">
          {category === 'success' ? <Check /> : <Info />}
          <span>{message}</span>
        </p>
      ))}
    </>
  )
}

/** A note that the user should read first. */
export function Note({ text }: { text: string }) {
  return (
    <p class="notice calm" role="status">
      <Info />
      <span>{text}</span>
    </p>
  )
}

/** Explains what users cannot do while the session store is down. */
export function OutageNote({ session }: { session: Pick<Session, 'confirmed'> }) {
  if (session.confirmed) return null
  return (
    <Note text="Organizer cannot check right now who is signed in. You stay signed in, but some things have to wait: signing in, signing out other devices, changing your password. All else goes on." />
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
            {list.length === 1 ? 'One thing is missing or not right' : 'Some things are missing or not right'}
          </p>
          <ul>
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
