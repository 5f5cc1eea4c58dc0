import type { Flash } from 'sojourn'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { maxNameLength } from '../person-name.ts'
import { AccountFrame } from './account-frame.tsx'
import { Field } from './field.tsx'
import { CsrfField } from './layout.tsx'
import { ErrorSummary, OutageNote } from './notices.tsx'
import { PasswordField } from './password-field.tsx'

export type AccountErrors = { form?: string; name?: string; 'current-password'?: string; 'new-password'?: string }

interface AccountProps {
  user: User
  flashes?: readonly Flash[]
  /** The name as the user typed it. */
  name?: string
  errors?: AccountErrors
  /** Whether the user chose to stay signed in on other devices. */
  keepOthers?: boolean
}

/** The page to change a user's name and password. */
export function AccountPage({ user, flashes = [], errors = {}, keepOthers = false, ...typed }: AccountProps) {
  const { name = user.person.name } = typed
  const failed = Object.keys(errors).length > 0
  const lead = <span class="email">{user.person.email}</span>
  return (
    <AccountFrame page="account" title="Your account" {...{ user, flashes, failed, lead }}>
      <OutageNote session={user.session} />
      <ErrorSummary errors={{ ...errors }} />
      <div class="pair">
        <form class="card form" method="post" action={paths.account} aria-labelledby="your-name">
          <h2 id="your-name">Name</h2>
          <CsrfField session={user.session} />
          <input type="hidden" name="change" value="name" />
          <Field name="name" label="Your name" error={errors.name}>
            {(attributes) => (
              <input
                {...attributes}
                value={name}
                maxlength={maxNameLength}
                autocomplete="name"
                required
                data-query="name"
              />
            )}
          </Field>
          <div class="buttons">
            <button class="button primary">Save name</button>
          </div>
        </form>
        {user.session.confirmed ? <PasswordForm {...{ user, errors, keepOthers }} /> : <PasswordUnavailable />}
      </div>
    </AccountFrame>
  )
}

type PasswordFormProps = Required<Pick<AccountProps, 'user' | 'errors' | 'keepOthers'>>

// It asks for the current password however recent the sign-in is (ASVS 5.0, 6.2.3), so nothing else needs to.
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
            You stay signed in here.
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
      <p>You can't change it right now. Try again in a minute.</p>
    </section>
  )
}
