/** The longest JSON that is parsed, in characters. A record in a store can be of any size. */
const maxJsonLength = 1_048_576

/** Parses a JSON object. Returns `null` for text that is not one, or that has more than a million characters. */
export function parseJsonObject(text: string): Record<string, unknown> | null {
  if (text.length > maxJsonLength) return null
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Whether a value is an object, and not a list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
