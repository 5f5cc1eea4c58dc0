export const longestName = 80

/** Why somebody cannot be called this, in words; `null` when they can. */
export function nameError(name: string): string | null {
  if (!name) return 'Write your name.'
  return name.length > longestName ? `Shorten the name to ${longestName} characters; it has ${name.length}.` : null
}
