export type { SessionData } from 'express-session'

declare module 'express-session' {
  interface SessionData {
    member: string
    basket: string[]
    /** Passport's failure messages. */
    messages: string[]
    notices: string[]
    pages: Record<string, number>
  }
}
