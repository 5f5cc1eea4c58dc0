import { SojournError } from '../../core/errors.ts'
import { CommandError } from '../arguments.ts'
import { escapeHidden } from '../terminal.ts'
import type { LocationOptions, OpenedLocation, StoreLocation } from './types.ts'

/** Opens a store and reads from it, so that the error names the store that does not respond. */
export async function openStore(
  location: StoreLocation,
  side: LocationOptions['side'],
  dryRun: boolean,
): Promise<OpenedLocation> {
  try {
    const opened = await location.open(side, dryRun)
    try {
      await opened.store.read({ id: 'nobody', userId: null })
    } catch (error) {
      await opened.close()
      throw error
    }
    return opened
  } catch (error) {
    throw toCommandError(error, `${escapeHidden(location.name)}: `, location.name, side)
  }
}

/** Turns the error of a store into a message for the user. */
export function toCommandError(
  error: unknown,
  where: string,
  location = '',
  side: LocationOptions['side'] = 'from',
): unknown {
  if (error instanceof CommandError) return error
  // If a host name has several addresses, the error contains one error per address and has no message itself.
  const { message, errors, code } = Object(error)
  const text = String(message || errors?.[0]?.message || code || error).trim()
  // The message for programs proposes a function. Propose the option instead.
  const option = side === null ? '--table NAME' : '--to-table NAME, or --from-table'
  const adapted = text.replace(/Name another: \w+Store\(.*$/, `Name another: ${option}.`)
  return new CommandError(
    1,
    (error instanceof SojournError ? '' : where) + escapeHidden(adapted) + explainWrongServer(location, text),
  )
}

/** Explains errors that occur if a server of another kind responds. */
function explainWrongServer(location: string, text: string): string {
  if (location.startsWith('rediss:') && /wrong version number|packet length too long/.test(text))
    return '. The server there does not use TLS.'
  if (location.startsWith('redis:') && /RESP type|Protocol error/.test(text)) return '. The server there is not Redis.'
  if (location.startsWith('postgres:') && /terminated unexpectedly/.test(text)) return '. Is the server there Postgres?'
  return ''
}
