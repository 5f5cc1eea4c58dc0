import type { Flash } from 'sojourn'
import type { Person } from '../data/people.ts'
import type { Draft } from '../event-form.ts'
import { Field } from './field.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Flashes, Note } from './notices.tsx'
import { PasswordField } from './password-field.tsx'

export type LoginErrors = { form?: string; email?: string; password?: string }

export interface LoginProps {
  action: string
  /** The path to check for a sign-in in another tab; `null` if the user must enter their password again. */
  signInCheckPath: string | null
  /** `null` if the form needs no token. */
  csrf: string | null
  /** Why the user must sign in; `null` at a first visit. */
  note: string | null
  flashes: readonly Flash[]
  /** How long a session lasts, such as `7 days`. */
  lifetime: string
  demo: { email: string; password: string; fillPath: string } | null
  /** The signed-in user who must enter their password again, with the path to go back to. */
  again: { person: Person; cancelPath: string } | null
  email?: string
  password?: string
  remember?: boolean
  draft?: Draft | null
  errors: LoginErrors
}

/** The sign-in page, with the reason to sign in. */
export function LoginPage(props: LoginProps) {
  const { action, signInCheckPath, csrf, note, flashes, demo, again, draft = null, errors } = props
  const { email = '', password = '', remember = true } = props
  const title = again ? "Confirm it's you" : 'Sign in'
  const failed = Object.keys(errors).length > 0
  const focused = failed ? null : again || email ? 'password' : 'email'
  return (
    <Layout title={failed ? `Error: ${title.toLowerCase()}` : title} look="centered" flashes={flashes}>
      <div>
        <h1>{title}</h1>
        <p class="lead">
          {again
            ? `You are signed in as ${again.person.name}.`
            : 'Plan your events, and find them where you left them.'}
        </p>
      </div>
      <Flashes flashes={flashes} />
      {note && <Note text={note} />}
      <ErrorSummary errors={errors} />
      <form class="card form" method="post" action={action} data-asks={signInCheckPath}>
        {csrf !== null && <CsrfField session={{ csrfToken: csrf }} />}
        {draft && <DraftFields draft={draft} />}
        {again ? (
          <>
            {/* Not of the type `hidden`, which password managers ignore. */}
            <input type="text" name="email" value={again.person.email} autocomplete="username" hidden readonly />
            {remember && <input type="hidden" name="remember" value="on" />}
          </>
        ) : (
          <EmailField email={email} error={errors.email} focused={focused === 'email'} />
        )}
        <PasswordField
          name="password"
          label="Password"
          autocomplete="current-password"
          value={password}
          error={errors.password}
          focused={focused === 'password'}
        />
        {!again && <RememberField {...props} />}
        <div class="buttons">
          <button class="button primary">{again ? 'Sign in again' : 'Sign in'}</button>
          {again && !draft && (
            <a class="button quiet" href={again.cancelPath}>
              Cancel
            </a>
          )}
        </div>
      </form>
      {demo && <DemoAccount {...demo} />}
      {!again && <p class="hint">No account, or forgot your password? Ask the person who runs this Organizer.</p>}
    </Layout>
  )
}

function EmailField({ email, error, focused }: { email: string; error?: string | undefined; focused: boolean }) {
  return (
    <Field name="email" label="Email address" error={error}>
      {(attributes) => (
        <input
          {...attributes}
          type="email"
          value={email}
          autocomplete="username"
          spellcheck={false}
          autocapitalize="none"
          required
          autofocus={focused}
        />
      )}
    </Field>
  )
}

function RememberField({ lifetime, remember = true }: Pick<LoginProps, 'lifetime' | 'remember'>) {
  return (
    <div class="tick">
      <input type="checkbox" id="remember" name="remember" checked={remember} aria-describedby="remember-hint" />
      <div>
        <label for="remember">Stay signed in for {lifetime} on this device</label>
        <p class="hint" id="remember-hint">
          Turn this off on a shared computer.
        </p>
      </div>
    </div>
  )
}

function DemoAccount({ email, password, fillPath }: NonNullable<LoginProps['demo']>) {
  return (
    <aside class="card demo" aria-labelledby="demo">
      <div>
        <h2 id="demo">Demo account</h2>
        <p>
          <code>{email}</code> <code>{password}</code>
        </p>
      </div>
      <a class="button" href={fillPath}>
        Fill in
      </a>
    </aside>
  )
}

/** Sends the draft with the sign-in, so that the server stores nothing for visitors who have not signed in. */
function DraftFields({ draft: { for: person, event, fields } }: { draft: Draft }) {
  const values = { for: person, ...(event !== undefined && { event: String(event) }), ...fields }
  return (
    <>
      {Object.entries(values).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  )
}
