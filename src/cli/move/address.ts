import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'

/**
 * The address of a store: as it is written, or that of a variable, so that a password stands neither in the list of processes
 * nor in the history of a shell.
 *
 * @throws CommandError for a variable that is not set
 */
export function resolveAddress(text: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (!text.startsWith('env:')) return text
  const name = text.slice('env:'.length)
  const value = env[name]
  if (value) return value
  // Not shown where it is no name: it may be an address.
  const isName = /^\w+$/.test(name)
  throw new CommandError(
    2,
    isName ? `${name} is not set.` : 'env: needs the name of a variable, such as env:REDIS_URL.',
  )
}

/** What to say of what is no address of a store. It may be a URL that is not quite one, with a password in it: then it is not shown. */
export function unknownLocationError(text: string): CommandError {
  const shown = /[@:/]/.test(text) ? 'what you wrote' : quoteForUser(text)
  return new CommandError(
    2,
    `Sessions are in sqlite:FILE, redis://HOST:PORT or postgres://HOST/DATABASE; ${shown} is none of these.${suggestAddress(text)}`,
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
