import { errorText } from '../server/outage.ts'

/** The database cannot be reached now. The driver's error is the cause. */
export class DatabaseDown extends Error {
  constructor(cause: unknown) {
    super(`The database does not answer: ${errorText(cause)}`, { cause })
  }
}
