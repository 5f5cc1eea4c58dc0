import { readCookieValues } from '../../cookies/cookie-header.ts'
import { maxCookies } from './foreign-cookie-options.ts'

/** The longest value that is read. Browsers keep at most 4,096 bytes, and some keep a little more. */
const maxValueLength = 8192

/** Returns the different values of a cookie, as they are in the header. A value that no browser would keep is left out. */
export function readForeignValues(header: string, name: string): readonly string[] {
  const values = readCookieValues(header, name).slice(0, maxCookies)
  return [...new Set(values)].filter((value) => value !== '' && value.length <= maxValueLength)
}

/** Decodes a value as the package `cookie` does, which Express and Fastify use. A value that is not URI-encoded stays as it is. */
export function decodeCookieValue(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
