import type { Draft } from './event-form.ts'
import type { PasswordCheck } from './password-check.ts'

declare module 'sojourn' {
  /** The data that the application keeps in its sessions. */
  interface SessionData {
    /** An event that a user typed after their session had ended. It is kept here from their next sign-in until they save it. */
    draft: Draft
    passwordCheck: PasswordCheck
  }
}
