import { explain, type Flash, type Outcome } from 'sojourn'
import { Field } from './field.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Flashes, Note } from './notices.tsx'
import { PasswordField } from './password-field.tsx'

export type LoginErrors = { form?: string; email?: string; password?: string }

interface LoginProps {
  action: string
  /** Where it is asked whether they have signed in meanwhile, in another tab; `null` where they have to sign in again. */
  asks: string | null
  csrf: string
  /** Why they have to sign in, where there is more to say than the outcome does. */
  why: string | null
  outcome: Outcome
  /** Whether nobody can sign in, since the session store does not answer. */
  waits: boolean
  flashes: readonly Flash[]
  /** For how long a sign-in is kept, in words. */
  days: string
  demo: { email: string; password: string; fill: string } | null
  email?: string
  password?: string
  remember?: boolean
  errors: LoginErrors
}

const signInWaits =
  'Organizer cannot check right now who is signed in, so signing in has to wait. If you are signed in, you stay signed in. Try again in a minute.'

const nothingToSay: readonly Outcome[] = ['none', 'active', 'unconfirmed', 'unreadable']

/** The page on which people sign in, and are told why they have to. */
export function LoginPage(props: LoginProps) {
  const {
    action,
    asks,
    csrf,
    why,
    outcome,
    waits,
    flashes,
    days,
    demo,
    email = '',
    password = '',
    remember = true,
    errors,
  } = props
  const failed = Object.keys(errors).length > 0
  const quiet = failed || flashes.length > 0 || nothingToSay.includes(outcome)
  const reason = why ?? (quiet ? null : `${sentenceOn(outcome)} ${advice(outcome)}`)
  return (
    <Layout title={failed ? 'Error: sign in' : 'Sign in'} narrow>
      <div>
        <h1>Sign in</h1>
        <p class="lead">Plan your events, and find them where you left them.</p>
      </div>
      <Flashes flashes={flashes} />
      {waits ? <Note text={signInWaits} /> : reason && <Note text={reason} />}
      <ErrorSummary errors={errors} />
      <form class="card form" method="post" action={action} data-asks={asks}>
        <CsrfField session={{ csrfToken: csrf }} />
        <Field name="email" label="Email address" error={errors.email}>
          {(tied) => (
            <input
              {...tied}
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
            <label for="remember">Stay signed in for {days} on this device</label>
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
          <a class="button" href={demo.fill}>
            Fill in
          </a>
        </aside>
      )}
    </Layout>
  )
}

const forPeople: readonly Outcome[] = ['idle', 'expired', 'revoked', 'ended']

/** What became of the sign-in. More than these is of no use to who reads it, and is in the log. */
function sentenceOn(outcome: Outcome): string {
  return forPeople.includes(outcome)
    ? explain(outcome).sentence
    : 'Your browser sent something that Organizer does not understand.'
}

// Also a change of password ends a session from elsewhere, and whoever was signed in here may know the new one.
function advice(outcome: Outcome): string {
  const goOn = 'Sign in again to go on where you were'
  return outcome === 'revoked' ? `${goOn}, with the new password if it was changed.` : `${goOn}.`
}
