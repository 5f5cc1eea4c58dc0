import { statSync } from 'node:fs'
import { SojournError } from '../core/errors.ts'
import { findDevelopmentSecret } from '../formats/development-secret.ts'
import { deriveBytes, readSecretsFromEnv } from '../formats/secrets.ts'
import { CommandError } from './arguments.ts'

/** The keys that open cookies, with their names for reports. */
export interface Keys {
  /** Newest first. */
  readonly secrets: readonly string[]
  /** The name of each secret, for reports. */
  readonly names: readonly string[]
  /** Where the keys come from: `.env` or `the environment`; `null` for the development key. */
  readonly from: string | null
  /** The development key, if it exists besides others. It explains why a cookie does not open. */
  readonly development: string | null
}

/** The name of the development key in reports. */
export const developmentKeyName = 'the development key'

/** Finds the keys as the application does, and reads `.env` if they are not set. There may be none. @throws CommandError */
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

/** @throws CommandError if there are no keys */
export function checkKeys({ secrets }: Keys): void {
  if (secrets.length > 0) return
  throw new CommandError(
    2,
    'There is no key to open cookies with. Set the SECRET_KEY of the application, or run this in the folder of its .env.',
  )
}

/** Lists the keys that were tried, with key ids for sealed cookies, such as `SECRET_KEY of .env (39e44d75)`. */
export function listKeys({ secrets, names, from, development }: Keys, isSealed: boolean): string[] {
  const describeKey = (secret: string, name: string) => (isSealed ? `${name} (${keyIdOf(secret)})` : name)
  const descriptions = secrets.map((secret, position) =>
    describeKey(secret, names[position]! + (from === null ? '' : ` of ${from}`)),
  )
  return development === null || !isSealed
    ? descriptions
    : [...descriptions, describeKey(development, developmentKeyName)]
}

/** Computes the key id in a sealed cookie. It identifies the key, but reveals nothing about it. */
export const keyIdOf = (secret: string): string =>
  deriveBytes(Buffer.from(secret), 'sealed 1 key id', 4).toString('hex')

/** Calls `action`, and reports keys that the application would refuse as wrong use. @throws CommandError */
export function asUsageError<Result>(action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    if (error instanceof SojournError) throw new CommandError(2, error.message)
    throw error
  }
}

/** Loads variables from `.env`, except those that are set. Returns whether the file exists. @throws CommandError */
export function loadEnvFile(): boolean {
  // Some Python projects have a folder of this name.
  if (!statSync('.env', { throwIfNoEntry: false })?.isFile()) return false
  try {
    process.loadEnvFile('.env')
    return true
  } catch (error) {
    throw new CommandError(
      2,
      `'.env' cannot be read (${(error as NodeJS.ErrnoException).code}). Set SECRET_KEY, or repair the file.`,
    )
  }
}
