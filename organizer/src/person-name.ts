export const maxNameLength = 80

/** Explains why a person's name is invalid; `null` if it is valid. */
export function nameError(name: string): string | null {
  if (!name) return 'Write your name.'
  return name.length > maxNameLength ? `Shorten the name to ${maxNameLength} characters; it has ${name.length}.` : null
}

/** Returns the name that a person has until they write their own, such as `Ada Lovelace` for ada.lovelace@example.com. */
export function nameFromEmail(email: string): string {
  const words = email.slice(0, email.indexOf('@')).split(/[._+-]+/)
  return (
    words
      .filter(Boolean)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(' ') || email
  )
}
