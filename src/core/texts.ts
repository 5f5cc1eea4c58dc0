/**
 * A session's data by key. Each value is text: JSON, unless the format has its own `codec`. A key that starts with `flash.`
 * is a flash message, not part of `session.data`; its text is `[instant, category, message]`.
 */
export type Texts = Readonly<Record<string, string>>

/** Sets a text. Plain assignment to the key `__proto__` would set the prototype instead. */
export function putText(texts: Record<string, string>, key: string, text: string): void {
  if (key !== '__proto__') texts[key] = text
  else Object.defineProperty(texts, key, { value: text, writable: true, enumerable: true, configurable: true })
}

/** Returns the text of a key, or `undefined`. */
export function textOf(texts: Texts, key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined
}
