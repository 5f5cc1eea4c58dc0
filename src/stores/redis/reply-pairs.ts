/** Returns the pairs of a map reply. Clients return an object, a `Map`, one flat array, or an array of objects. */
export function replyPairs(reply: unknown): [string, string][] {
  if (reply instanceof Map) return [...reply].map(([field, value]) => [String(field), String(value)])
  if (!Array.isArray(reply)) return Object.entries(reply as object).map(([field, value]) => [field, String(value)])
  const flat = reply.flatMap((each: unknown) =>
    each !== null && typeof each === 'object' && 'key' in each
      ? [each.key, (each as { value?: unknown }).value]
      : [each],
  )
  return Array.from({ length: flat.length / 2 }, (_, index) => [String(flat[2 * index]), String(flat[2 * index + 1])])
}
