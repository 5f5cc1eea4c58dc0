import { hash, verify } from '@node-rs/argon2'

export type Passwords = Awaited<ReturnType<typeof createPasswords>>

// argon2id, with the first parameters of OWASP's Password Storage Cheat Sheet
const hashOptions = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const minCharacters = 12
const maxBytes = 1024

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

/** Explains why a new password is refused; `null` if it is accepted. */
export function passwordError(password: string): string | null {
  if ([...password].length < minCharacters) return `Use at least ${minCharacters} characters for the password.`
  return isTooLong(password) ? `The password is longer than ${maxBytes} bytes.` : null
}

function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > maxBytes
}

// Keyboards encode the same letter in different ways.
function normalize(password: string): string {
  return password.normalize('NFKC')
}
