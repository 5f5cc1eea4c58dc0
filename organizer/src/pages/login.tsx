import { explain, type Flash, type Outcome } from 'sojourn'
import type { Draft } from '../event-form.ts'
import { Field } from './field.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Flashes, Note } from './notices.tsx'
import { PasswordField } from './password-field.tsx'

export type LoginErrors = { form?: string; email?: string; password?: string }

interface LoginProps {
  action: string
  /** The path to check for a sign-in in another tab; `null` if the user must enter their password again. */
  signInCheckPath: string | null
  /** `null` if the form needs no token. */
  csrf: string | null
  /** The reason to sign in, if it is not the outcome. */
  reason: string | null
  outcome: Outcome
  /** Whether nobody can sign in, because the session store does not answer. */
  isStoreDown: boolean
  flashes: readonly Flash[]
  /** How long a session lasts, such as `7 days`. */
  lifetime: string
  demo: { email: string; password: string; fillPath: string } | null
  email?: string
  password?: string
  remember?: boolean
  draft?: Draft | null
  errors: LoginErrors
}

const outageNote =
  'Organizer cannot check right now who is signed in, so signing in has to wait. If you are signed in, you stay signed in. Try again in a minute.'

const draftNote = 'Your event is not saved yet. This page keeps what you typed: sign in here, and you can save it.'

const silentOutcomes: readonly Outcome[] = ['none', 'active', 'unconfirmed', 'unreadable']

/** The sign-in page, with the reason to sign in. One function, because the markup is read from top to bottom. */
export function LoginPage(props: LoginProps) {
  const {
    action,
    signInCheckPath,
    csrf,
    reason,
    outcome,
    isStoreDown,
    flashes,
    lifetime,
    demo,
    email = '',
    password = '',
    remember = true,
    draft = null,
    errors,
  } = props
  const failed = Object.keys(errors).length > 0
  const isSilent = failed || flashes.length > 0 || silentOutcomes.includes(outcome)
  const note = reason ?? (isSilent ? null : `${outcomeSentence(outcome)} ${outcomeAdvice(outcome)}`)
  return (
    <Layout title={failed ? 'Error: sign in' : 'Sign in'} narrow>
      <div>
        <h1>Sign in</h1>
        <p class="lead">Plan your events, and find them where you left them.</p>
      </div>
      <Flashes flashes={flashes} />
      {isStoreDown ? <Note text={outageNote} /> : note && <Note text={note} />}
      {draft && <Note text={draftNote} />}
      <ErrorSummary errors={errors} />
      <form class="card form" method="post" action={action} data-asks={signInCheckPath}>
        {csrf !== null && <CsrfField session={{ csrfToken: csrf }} />}
        {draft && <DraftFields draft={draft} />}
        <Field name="email" label="Email address" error={errors.email}>
          {(attributes) => (
            <input
              {...attributes}
              type="email"
              value={email}
              autocomplete="username"
              spellcheck={false}
              autocapitalize="none"
              required
            />
          )}
        </Field>
        <PasswordField
          name="password"
          label="Password"
          autocomplete="current-password"
          value={password}
          error={errors.password}
        />
        <div class="tick">
          <input type="checkbox" id="remember" name="remember" checked={remember} aria-describedby="remember-hint" />
          <div>
            <label for="remember">Stay signed in for {lifetime} on this device</label>
            <p class="hint" id="remember-hint">
              Without the tick, you are signed out when the browser closes.
            </p>
          </div>
        </div>
        <button class="button primary">Sign in</button>
      </form>
      {demo && (
        <aside class="card demo" aria-labelledby="demo">
          <div>
            <h2 id="demo">Demo account</h2>
            <p>
              <code>{demo.email}</code> <code>{demo.password}</code>
            </p>
          </div>
          <a class="button" href={demo.fillPath}>
            Fill in
          </a>
        </aside>
      )}
    </Layout>
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

const explainedOutcomes: readonly Outcome[] = ['idle', 'expired', 'revoked', 'limit', 'ended']

/** Explains an outcome. Users need no details of the other outcomes, which are in the log. */
function outcomeSentence(outcome: Outcome): string {
  return explainedOutcomes.includes(outcome)
    ? explain(outcome).sentence
    : 'Your browser sent something that Organizer does not understand.'
}

// A password change on another device revokes sessions too, and the user of this browser may know the new password.
function outcomeAdvice(outcome: Outcome): string {
  const advice = 'Sign in again to go on where you were'
  return outcome === 'revoked' ? `${advice}, with the new password if it was changed.` : `${advice}.`
}
