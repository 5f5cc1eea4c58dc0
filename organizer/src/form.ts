import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** Returns the first value of a form field, or `''` if it is missing or a file. */
export type Form = (name: string) => string

/** Reads the form of a request. @throws `HTTPException` 400 if the body does not match its content type */
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

/** Normalizes a text of one line: removes control characters, and leaves one space between words. */
export function normalizeLine(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}

/** Normalizes a text of several lines: removes control characters, and leaves at most one empty line between others. */
export function normalizeText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n]+/gu, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
