import type { Session } from 'sojourn'

declare module 'h3' {
  interface H3EventContext {
    session: Session
  }
}
