import { Field } from './field.tsx'

interface PasswordFieldProps {
  name: string
  label: string
  autocomplete: 'current-password' | 'new-password'
  value?: string
  error?: string | undefined
  hint?: string
  focused?: boolean
}

/** A password field. With scripts, it has a button that shows the password. */
export function PasswordField({ name, label, autocomplete, value = '', error, hint, focused }: PasswordFieldProps) {
  return (
    <>
      <Field name={name} label={label} error={error} {...(hint && { hint })}>
        {(attributes) => (
          <div class="with-button">
            <input
              {...attributes}
              type="password"
              value={value}
              autocomplete={autocomplete}
              required
              autofocus={focused}
            />
            <button type="button" class="button inset" data-shows={name} hidden>
              <span data-verb>Show</span>
              <span class="unseen"> {label.toLowerCase()}</span>
            </button>
          </div>
        )}
      </Field>
      <p class="hint" id={`${name}-caps`} role="status" data-caps={name}></p>
    </>
  )
}
