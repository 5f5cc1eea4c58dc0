import { hash, verify } from '@node-rs/argon2'

export type Passwords = Awaited<ReturnType<typeof createPasswords>>

// argon2id, at the cost that OWASP's Password Storage Cheat Sheet names first
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const shortest = 12 // characters
const longest = 1024 // bytes

/** Hashes passwords and checks them; a check takes as long for somebody who does not exist. */
export async function createPasswords(
  hasher: Pick<typeof import('@node-rs/argon2'), 'hash' | 'verify'> = { hash, verify },
) {
  const nobody = await hasher.hash(crypto.randomUUID(), cost)
  return {
    hash: (password: string) => hasher.hash(normal(password), cost),

    /** Whether the password is the one that was hashed. Without a hash, works as hard and answers `false`. */
    async verify(passwordHash: string | null | undefined, password: string): Promise<boolean> {
      const fits = !tooLong(password)
      const right = await hasher.verify(passwordHash ?? nobody, fits ? normal(password) : '')
      return right && fits && passwordHash != null
    },
  }
}

/** Why a new password cannot be taken, in words; `null` when it can. */
export function passwordError(password: string): string | null {
  if ([...password].length < shortest) return `Use at least ${shortest} characters for the password.`
  return tooLong(password) ? `The password is longer than ${longest} bytes.` : null
}

/** Whether a password has more bytes than are ever hashed. */
function tooLong(password: string): boolean {
  return Buffer.byteLength(password) > longest
}

// Keyboards spell the same letter in different ways.
function normal(password: string): string {
  return password.normalize('NFKC')
}
