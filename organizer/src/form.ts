import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** Gives a field of the form that was posted: its first value, or `''`. A file is no text, and gives `''` too. */
export type Form = (name: string) => string

/** Reads the form of a request. @throws `HTTPException` 400 when the body is not what its content type says */
export async function readForm(c: Context): Promise<Form> {
  if (!/^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(c.req.header('content-type') ?? '')) {
    return () => ''
  }
  const fields = await c.req.raw.formData().catch(() => {
    throw new HTTPException(400)
  })
  return (name) => {
    const value = fields.get(name)
    return typeof value === 'string' ? value : ''
  }
}

/** One line as people see it: without control characters, one space between words. */
export function line(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}

/** Several lines as people see them: without control characters, at most one line empty between others. */
export function lines(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]+/gu, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
