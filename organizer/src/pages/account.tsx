import type { Flash } from 'sojourn'
import type { User } from '../app-env.ts'
import { loginAgainPath, paths } from '../paths.ts'
import { maxNameLength } from '../person-name.ts'
import { Field } from './field.tsx'
import { CsrfField, Layout } from './layout.tsx'
import { ErrorSummary, Flashes, OutageNote } from './notices.tsx'
import { PasswordField } from './password-field.tsx'

export type AccountErrors = { form?: string; name?: string; 'current-password'?: string; 'new-password'?: string }

interface AccountProps {
  user: User
  /** Whether the sign-in is recent enough for a password change. */
  isFresh: boolean
  flashes?: readonly Flash[]
  /** The name as the user typed it. */
  name?: string
  errors?: AccountErrors
  /** Whether the user chose to stay signed in on other devices. */
  keepOthers?: boolean
}

/** The page to change a user's name and password. */
export function AccountPage(props: AccountProps) {
  const { user, isFresh, flashes = [], name = user.person.name, errors = {}, keepOthers = false } = props
  const failed = Object.keys(errors).length > 0

  function passwordSection() {
    if (!user.session.confirmed) return <PasswordUnavailable />
    return isFresh ? <PasswordForm {...{ user, errors, keepOthers }} /> : <SignInAgain />
  }

  return (
    <Layout title={failed ? 'Error: your account' : 'Your account'} user={user} narrow>
      <div>
        <h1>Your account</h1>
        <p class="lead email">{user.person.email}</p>
      </div>
      <Flashes flashes={flashes} />
      <OutageNote session={user.session} />
      <ErrorSummary errors={{ ...errors }} />
      <form class="card form" method="post" action={paths.account} aria-labelledby="your-name">
        <h2 id="your-name">Name</h2>
        <CsrfField session={user.session} />
        <input type="hidden" name="change" value="name" />
        <Field name="name" label="Your name" error={errors.name}>
          {(attributes) => (
            <input {...attributes} value={name} maxlength={maxNameLength} autocomplete="name" required />
          )}
        </Field>
        <div class="buttons">
          <button class="button primary">Save name</button>
        </div>
      </form>
      {passwordSection()}
      <section class="card form" aria-labelledby="your-devices">
        <h2 id="your-devices">Devices</h2>
        <p>See where you are signed in, and sign out where you no longer are.</p>
        <div class="buttons">
          <a class="button" href={paths.devices}>
            Your devices
          </a>
        </div>
      </section>
    </Layout>
  )
}

type PasswordFormProps = Required<Pick<AccountProps, 'user' | 'errors' | 'keepOthers'>>

function PasswordForm({ user, errors, keepOthers }: PasswordFormProps) {
  return (
    <form class="card form" method="post" action={paths.account} aria-labelledby="your-password">
      <h2 id="your-password">Password</h2>
      <CsrfField session={user.session} />
      <input type="hidden" name="change" value="password" />
      {/* Password managers store this address with the new password. */}
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
      <div class="tick">
        <input
          type="checkbox"
          id="elsewhere"
          name="elsewhere"
          value="sign-out"
          checked={!keepOthers}
          aria-describedby="elsewhere-hint"
        />
        {/* The first value counts: this one if the user removed the tick. A form without the field signs out others. */}
        <input type="hidden" name="elsewhere" value="keep" />
        <div>
          <label for="elsewhere">Sign out everywhere else</label>
          <p class="hint" id="elsewhere-hint">
            You stay signed in here. Without the tick, your other devices stay signed in too.
          </p>
        </div>
      </div>
      <div class="buttons">
        <button class="button primary">Change password</button>
      </div>
    </form>
  )
}

function PasswordUnavailable() {
  return (
    <section class="card form" aria-labelledby="your-password">
      <h2 id="your-password">Password</h2>
      <p>It cannot be changed at the moment. Try again in a minute.</p>
    </section>
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
