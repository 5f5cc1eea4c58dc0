import type { Child } from 'hono/jsx'

interface FieldProps {
  name: string
  label: string
  error?: string | undefined
  hint?: string
  /** Renders the control with attributes that connect it to its label, hint and error. */
  children: (attributes: ControlAttributes) => Child
}

interface ControlAttributes {
  id: string
  name: string
  'aria-invalid'?: 'true'
  'aria-describedby'?: string
}

/** A form control with its label, hint and error. */
export function Field({ name, label, error, hint, children }: FieldProps) {
  const describedBy = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {children({
        id: name,
        name,
        ...(error && { 'aria-invalid': 'true' as const }),
        ...(describedBy && { 'aria-describedby': describedBy }),
      })}
      {error && (
        <p class="field-error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  )
}
