import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'

/**
 * Returns the address of a store. `env:NAME` reads it from a variable, so that neither the list of processes nor the shell's
 * history contains its password.
 *
 * @throws CommandError if the variable is not set
 */
export function resolveAddress(text: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (!text.startsWith('env:')) return text
  const name = text.slice('env:'.length)
  const value = env[name]
  if (value) return value
  // Show a variable's name only: other text may be an address with a password.
  const isName = /^\w+$/.test(name)
  throw new CommandError(
    2,
    isName ? `${name} is not set.` : 'env: needs the name of an environment variable, such as env:REDIS_URL.',
  )
}

/** Creates the error for text that is not a store's address. Hides text that resembles a URL, which may contain a password. */
export function unknownLocationError(text: string): CommandError {
  const shown = /[@:/]/.test(text) ? 'this' : quoteForUser(text)
  return new CommandError(
    2,
    `Use sqlite:FILE, redis://HOST:PORT or postgres://HOST/DATABASE; ${shown} is not a store address.${suggestAddress(text)}`,
  )
}

function suggestAddress(text: string): string {
  const port = /^(?:\[[\da-f:]+\]|[\w.-]+):(\d{1,5})(?:\/\w*)?$/i.exec(text)?.[1]
  const address =
    port !== undefined
      ? `${port === '5432' ? 'postgres' : 'redis'}://${text}`
      : /^[\w./-]+\.(?:db|sqlite3?)$/i.test(text)
        ? `sqlite:${text}`
        : /^\$?[A-Z][A-Z\d_]*$/.test(text)
          ? `env:${text.replace('$', '')}`
          : null
  return address === null ? '' : ` Did you mean ${address}?`
}
