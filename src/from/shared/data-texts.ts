import { randomBytes } from 'node:crypto'
import { putText, type Texts } from '../../core/texts.ts'
import { isObject } from './json-object.ts'

/** A message that the other library kept for the next page. */
export interface ForeignMessage {
  readonly category: string
  readonly message: string
}

/**
 * Converts data to the texts of a session. The messages that connect-flash keeps under `flash` become flash messages. A value that JSON
 * does not have is converted as by `JSON.stringify`. A key that begins with `flash.` or `aside.` gets the prefix `_`, because
 * it would otherwise not be data.
 */
export function toDataTexts(data: Readonly<Record<string, unknown>>, messages: readonly ForeignMessage[] = []): Texts {
  const texts: Record<string, string> = {}
  const flashes = readConnectFlash(data['flash'])
  for (const [key, value] of Object.entries(data)) {
    if (key === 'flash' && flashes !== null) continue
    const text: string | undefined = JSON.stringify(value)
    if (text !== undefined) putText(texts, /^_*(flash|aside)\./.test(key) ? `_${key}` : key, text)
  }
  ;[...(flashes ?? []), ...messages].forEach(({ category, message }, index) => {
    // The instant is the position, so that they sort before new messages.
    texts[`flash.${randomBytes(6).toString('base64url')}`] = JSON.stringify([index, category, message])
  })
  return texts
}

/** Returns the messages of connect-flash, `{ category: [message] }`, or `null` if the value is something else. */
function readConnectFlash(value: unknown): ForeignMessage[] | null {
  if (!isObject(value)) return null
  const categories = Object.entries(value)
  if (!categories.every(([, messages]) => Array.isArray(messages))) return null
  return categories.flatMap(([category, messages]) =>
    (messages as unknown[]).map((message) => ({
      category,
      message: typeof message === 'string' ? message : JSON.stringify(message),
    })),
  )
}
