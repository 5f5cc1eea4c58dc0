import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** Returns the first value of a form field, or `''` if it is missing or a file. */
export type Form = (name: string) => string

/** Reads the form of a request. @throws `HTTPException` 400 if the body does not match its content type */
export async function readForm(c: Context): Promise<Form> {
  const fields = await readFields(c)
  return (name) => fields.find(([field]) => field === name)?.[1] ?? ''
}

/** Reads the text fields of a request's form, in their order. @throws `HTTPException` 400, as `readForm` */
export async function readFields(c: Context): Promise<[name: string, value: string][]> {
  if (!/^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(c.req.header('content-type') ?? '')) {
    return []
  }
  // Not of `c.req.raw`, which can be read only once: the error page reads the form again.
  const form = await c.req.formData().catch(() => {
    throw new HTTPException(400)
  })
  return [...form].filter((field): field is [string, string] => typeof field[1] === 'string')
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
