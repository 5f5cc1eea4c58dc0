import { optionsError } from '../../core/errors.ts'

/** Returns the user of a session's values; nothing for a guest. */
export type UserOf = (session: any) => string | number | null | undefined

/** Finds the user where Passport and most applications keep it: `passport.user`, `userId`, or `user`, each an id or an object with one. */
export const defaultUserOf: UserOf = (session) =>
  idIn(session.passport?.user) ?? idIn(session.userId) ?? idIn(session.user)

/** Returns the user's id as a text, or `null` for a guest. @throws `ERR_OPTIONS` if `userOf` returned no id */
export function userIdOf(userOf: UserOf, session: object): string | null {
  const userId: unknown = userOf(session)
  // `session.isMember && session.id` may be `false`.
  if (userId == null || userId === '' || userId === false) return null
  // All objects have the same text, so all users would be one.
  if (!['string', 'number', 'bigint'].includes(typeof userId))
    throw optionsError(
      `userOf returned a value of type ${typeof userId}. It must return the user's id: a string or a number.`,
    )
  return String(userId)
}

function idIn(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : idOfObject(value)
}

function idOfObject(value: unknown): string | number | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : undefined
}
