import { hash, verify } from '@node-rs/argon2'

export type Passwords = Awaited<ReturnType<typeof createPasswords>>

// argon2id, with the first parameters of OWASP's Password Storage Cheat Sheet
const hashOptions = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const minCharacters = 12
const maxBytes = 1024

// The words of the most common passwords that are long enough with digits or when repeated.
const commonWords =
  'password,passwort,qwerty,qwertz,letmein,welcome,admin,administrator,iloveyou,changeme,organizer,secret,monkey,dragon,football,baseball,sunshine,princess'.split(
    ',',
  )
const rows = 'qwertyuiopasdfghjklzxcvbnm abcdefghijklmnopqrstuvwxyz'

/** Hashes and verifies passwords. To verify takes the same time if the person does not exist. */
export async function createPasswords(
  hasher: Pick<typeof import('@node-rs/argon2'), 'hash' | 'verify'> = { hash, verify },
) {
  const dummyHash = await hasher.hash(crypto.randomUUID(), hashOptions)
  return {
    hash: (password: string) => hasher.hash(normalize(password), hashOptions),

    /** Whether the password matches the hash. Without a hash, it does the same work and resolves to `false`. */
    async verify(passwordHash: string | null | undefined, password: string): Promise<boolean> {
      const isAllowed = !isTooLong(password)
      const isMatch = await hasher.verify(passwordHash ?? dummyHash, isAllowed ? normalize(password) : '')
      return isMatch && isAllowed && passwordHash != null
    },
  }
}

/** Explains why a new password of a person is refused; `null` if it is accepted. */
export function passwordError(password: string, { email, name }: { email: string; name: string }): string | null {
  if ([...password].length < minCharacters) return `Use at least ${minCharacters} characters for the password.`
  if (isTooLong(password)) return `The password is longer than ${maxBytes} bytes.`
  const known = [...commonWords, email, email.split('@')[0]!, name]
  return isEasyToGuess(password, known)
    ? 'This password is easy to guess. Use a few words that others would not.'
    : null
}

/** Whether a password is one of the known texts or a row of characters, but for digits, signs, and what is repeated. */
function isEasyToGuess(password: string, known: readonly string[]): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}]/gu, '')
  const core = letters(password)
  const isRepeated = (text: string) => text !== '' && core.replaceAll(text, '') === ''
  return core === '' || new Set(core).size < 4 || rows.includes(core) || known.map(letters).some(isRepeated)
}

function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > maxBytes
}

// Keyboards encode the same letter in different ways.
function normalize(password: string): string {
  return password.normalize('NFKC')
}
