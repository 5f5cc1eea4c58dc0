import type { Context } from 'hono'
import { draftTitle, readDraft } from './event-form.ts'
import { readFields, readForm } from './form.ts'
import { paths } from './paths.ts'

/** A form that could not be handled, for a page that keeps it. */
export interface SentForm {
  readonly action: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The name of the form's event on the page; `null` if it has none. */
  readonly title: string | null
  readonly isSaved: 'no' | 'unknown'
}

/**
 * Reads the form of a request that failed. Resolves to `null` for a page, for a form with a new password, which no page may
 * contain, and for a damaged form. Another site cannot send one, because `refuseCrossSite` runs first.
 */
export async function readSentForm(c: Context): Promise<SentForm | null> {
  const { pathname, search } = new URL(c.req.url)
  if (c.req.method !== 'POST' || !pathname.startsWith(paths.dashboard)) return null
  const fields = await readFields(c).catch(() => [])
  if (fields.length === 0 || fields.some(([name]) => name === 'new-password')) return null
  const draft = readDraft(await readForm(c))
  return {
    action: pathname + search,
    fields: fields.filter(([name]) => !name.includes('password')),
    title: draft && draftTitle(draft),
    // Nothing is written before the user is known.
    isSaved: c.get('user') === undefined ? 'no' : 'unknown',
  }
}
