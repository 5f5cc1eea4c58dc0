export const maxNameLength = 80

/** Explains why a person's name is invalid; `null` if it is valid. */
export function nameError(name: string): string | null {
  if (!name) return 'Write your name.'
  return name.length > maxNameLength ? `Shorten the name to ${maxNameLength} characters; it has ${name.length}.` : null
}
