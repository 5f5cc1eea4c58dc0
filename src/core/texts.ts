/**
 * A session's data by key, each value as text: JSON, but for formats with a `codec` of their own. A key that begins with
 * `flash.` is one message, its text `[instant, category, message]`: not part of `session.data`.
 */
export type Texts = Readonly<Record<string, string>>

/** Sets a text. With `__proto__`, plain assignment would set the prototype. */
export function putText(texts: Record<string, string>, key: string, text: string): void {
  if (key !== '__proto__') texts[key] = text
  else Object.defineProperty(texts, key, { value: text, writable: true, enumerable: true, configurable: true })
}

/** A text, or `undefined` where there is none of that key. */
export function textOf(texts: Texts, key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined
}
