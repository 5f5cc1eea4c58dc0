/**
 * Returns a function that creates a text unique to a call, without spaces. Clients may send a command again if its reply was
 * lost. A script recognises its own earlier write by the stamp, and replies as it did then instead of refusing.
 */
export function createStamps(): () => string {
  const self = process.getBuiltinModule('node:crypto').randomBytes(5).toString('base64url')
  let count = 0
  return () => `${self}${(++count).toString(36)}`
}
