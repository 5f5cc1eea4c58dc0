import { SojournError } from '../core/errors.ts'

/** Creates the error of a change that came after the response was sent. */
export const changedTooLateError = (member: string): SojournError =>
  new SojournError(
    'ERR_COMMITTED',
    `session.${member} came too late: the response was already sent. Call it before you send.`,
  )

/** Creates the error of a first use after a response that caches may share. */
export const readTooLateError = (): SojournError =>
  new SojournError(
    'ERR_COMMITTED',
    'The session was first read after the response was sent, and a cache may share it. Read it before you send, or send Cache-Control: no-store.',
  )
