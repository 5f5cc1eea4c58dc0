export type { SessionData } from 'express-session'

declare module 'express-session' {
  interface SessionData {
    visits?: number
    userId?: string | null
    cart?: string[]
    a?: number
    b?: number
    at?: Date
  }
}
