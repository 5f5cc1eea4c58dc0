/** Returns the user of a session's values; nothing for a guest. */
export type UserOf = (session: any) => string | number | null | undefined

/** Finds the user where Passport and most applications keep it: `passport.user`, `userId`, or `user`, each an id or an object with one. */
export const defaultUserOf: UserOf = (session) =>
  idIn(session.passport?.user) ?? idIn(session.userId) ?? idOfObject(session.user)

/** Returns the user's id as a text, or `null` for a guest. */
export function userIdOf(userOf: UserOf, session: object): string | null {
  const userId = userOf(session)
  return userId == null || userId === '' ? null : String(userId)
}

function idIn(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : idOfObject(value)
}

function idOfObject(value: unknown): string | number | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : undefined
}
