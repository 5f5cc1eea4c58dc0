import type { Flash } from 'sojourn'
import type { User } from '../parts.ts'
import { loginAgainPath, paths } from '../paths.ts'
import { longestName } from '../account.ts'
import { Field } from './field.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Flashes } from './notices.tsx'
import { PasswordField } from './password-field.tsx'

export type AccountErrors = { form?: string; name?: string; 'current-password'?: string; 'new-password'?: string }

interface AccountProps {
  user: User
  /** Whether the sign-in is recent enough for a change of password. */
  fresh: boolean
  flashes?: readonly Flash[]
  /** The name as it was typed. */
  name?: string
  errors?: AccountErrors
}

/** A person's name and password, to be changed. */
export function AccountPage({ user, fresh, flashes = [], name = user.person.name, errors = {} }: AccountProps) {
  const failed = Object.keys(errors).length > 0
  return (
    <Layout title={failed ? 'Error: your account' : 'Your account'} user={user} narrow>
      <div>
        <h1>Your account</h1>
        <p class="lead email">{user.person.email}</p>
      </div>
      <Flashes flashes={flashes} />
      <ErrorSummary errors={{ ...errors }} />
      <form class="card form" method="post" action={paths.account} aria-labelledby="your-name">
        <h2 id="your-name">Name</h2>
        <CsrfField session={user.session} />
        <input type="hidden" name="change" value="name" />
        <Field name="name" label="Your name" error={errors.name}>
          {(tied) => <input {...tied} value={name} maxlength={longestName} autocomplete="name" required />}
        </Field>
        <div class="buttons">
          <button class="button primary">Save name</button>
        </div>
      </form>
      {fresh ? <PasswordForm user={user} errors={errors} /> : <SignInAgain />}
    </Layout>
  )
}

function PasswordForm({ user, errors }: { user: User; errors: AccountErrors }) {
  return (
    <form class="card form" method="post" action={paths.account} aria-labelledby="your-password">
      <h2 id="your-password">Password</h2>
      <CsrfField session={user.session} />
      <input type="hidden" name="change" value="password" />
      {/* For password managers, which keep it with the new password. */}
      <input type="text" value={user.person.email} autocomplete="username" hidden readonly />
      <PasswordField
        name="current-password"
        label="Current password"
        autocomplete="current-password"
        error={errors['current-password']}
      />
      <PasswordField
        name="new-password"
        label="New password"
        autocomplete="new-password"
        hint="At least 12 characters. A few words are easy to remember."
        error={errors['new-password']}
      />
      <p class="hint">You stay signed in here, and are signed out everywhere else.</p>
      <div class="buttons">
        <button class="button primary">Change password</button>
      </div>
    </form>
  )
}

function SignInAgain() {
  return (
    <section class="card form" aria-labelledby="your-password">
      <h2 id="your-password">Password</h2>
      <p>Before you change it, sign in again: so nobody else changes it on a screen that you left open.</p>
      <div class="buttons">
        <a class="button" href={loginAgainPath(paths.account)}>
          Sign in again to change your password
        </a>
      </div>
    </section>
  )
}
