// Packages without types of their own, as far as tests use them.

declare module 'connect-pg-simple' {
  import type expressSession from 'express-session'
  export default function connectPgSimple(
    session: typeof expressSession,
  ): new (options: {
    readonly pool?: object
    readonly conString?: string
    readonly createTableIfMissing?: boolean
    readonly pruneSessionInterval?: false
  }) => expressSession.Store & { close(): Promise<void> }
}

declare module 'session-file-store' {
  import type expressSession from 'express-session'
  export default function createFileStore(
    session: typeof expressSession,
  ): new (options: {
    readonly path: string
    readonly retries?: number
    readonly reapInterval?: number
    readonly logFn?: () => void
  }) => expressSession.Store
}

declare module 'csurf' {
  import type { RequestHandler } from 'express'
  export default function csurf(): RequestHandler
}

declare namespace Express {
  interface Request {
    /** Set by csurf and csrf-sync. */
    csrfToken?: () => string
  }
}
