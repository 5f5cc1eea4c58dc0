import { statSync } from 'node:fs'
import { SojournError } from '../core/errors.ts'
import { findDevelopmentSecret } from '../formats/development-secret.ts'
import { deriveBytes, readSecretsFromEnv } from '../formats/secrets.ts'
import { CommandError } from './arguments.ts'

/** The keys that cookies are judged by, and what to call them. */
export interface Keys {
  /** Newest first. */
  readonly secrets: readonly string[]
  /** What to call each of them. */
  readonly names: readonly string[]
  /** Where they are from, in words: `.env`, `the environment`; `null` for the key of development. */
  readonly from: string | null
  /** The key of development, where it is there beside others: it opens nothing, and tells why. */
  readonly development: string | null
}

/** What to call the key that was made for development. */
export const developmentKeyName = 'the key of development'

/** Finds the keys as the application would, and reads `.env` where they are not set; there may be none. @throws CommandError */
export function findKeys(): Keys {
  const from = process.env['SECRET_KEY'] === undefined && loadEnvFile() ? '.env' : 'the environment'
  const secrets = asUsageError(() => readSecretsFromEnv(process.env))
  const development = process.env['NODE_ENV'] === 'production' ? null : findDevelopmentSecret()
  if (secrets !== null) {
    const names = secrets.map((_, position) => (position === 0 ? 'SECRET_KEY' : `fallback ${position}`))
    return { secrets, names, from, development: secrets.includes(development ?? '') ? null : development }
  }
  if (development !== null)
    return { secrets: [development], names: [developmentKeyName], from: null, development: null }
  return { secrets: [], names: [], from, development: null }
}

/** @throws CommandError where there are no keys */
export function checkKeys({ secrets }: Keys): void {
  if (secrets.length > 0) return
  throw new CommandError(
    2,
    'There is no key to open cookies with. Set SECRET_KEY as the application has it, or run this in the folder of its .env.',
  )
}

/** The keys that were tried, in words; with their ids where cookies name them, as in `SECRET_KEY of .env (39e44d75)`. */
export function listKeys({ secrets, names, from, development }: Keys, isSealed: boolean): string[] {
  const describeKey = (secret: string, name: string) => (isSealed ? `${name} (${keyIdOf(secret)})` : name)
  const descriptions = secrets.map((secret, position) =>
    describeKey(secret, names[position]! + (from === null ? '' : ` of ${from}`)),
  )
  return development === null || !isSealed
    ? descriptions
    : [...descriptions, describeKey(development, developmentKeyName)]
}

/** The id that tokens name a key by. It says which key, and nothing about it. */
export const keyIdOf = (secret: string): string =>
  deriveBytes(Buffer.from(secret), 'sealed 1 key id', 4).toString('hex')

/** Does what throws for keys that the application could not start with either. @throws CommandError */
export function asUsageError<Result>(action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    if (error instanceof SojournError) throw new CommandError(2, error.message)
    throw error
  }
}

/** Whether there was a file to read variables from. */
function loadEnvFile(): boolean {
  // A folder of this name is somebody's Python.
  if (!statSync('.env', { throwIfNoEntry: false })?.isFile()) return false
  try {
    process.loadEnvFile('.env')
    return true
  } catch (error) {
    throw new CommandError(
      2,
      `'.env' cannot be read (${(error as NodeJS.ErrnoException).code}). Set SECRET_KEY, or repair it.`,
    )
  }
}
