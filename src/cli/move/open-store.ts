import { SojournError } from '../../core/errors.ts'
import { CommandError } from '../arguments.ts'
import { escapeHidden } from '../terminal.ts'
import type { LocationOptions, OpenedLocation, StoreLocation } from './location.ts'

/** Opens a store, and asks it for something, so that it is told which of two does not answer. */
export async function openStore(
  location: StoreLocation,
  side: LocationOptions['side'],
  dryRun: boolean,
): Promise<OpenedLocation> {
  try {
    const opened = await location.open(side, dryRun)
    try {
      await opened.store.read('nobody')
    } catch (error) {
      await opened.close()
      throw error
    }
    return opened
  } catch (error) {
    throw toCommandError(error, `${escapeHidden(location.name)}: `, location.name)
  }
}

/** What to say where a store fails. */
export function toCommandError(error: unknown, where: string, location = ''): unknown {
  if (error instanceof CommandError) return error
  // Several at once where a name has several addresses, and then it has no message of its own.
  const { message, errors, code } = Object(error)
  const text = String(message || errors?.[0]?.message || code || error).trim()
  // For programs it names a function.
  const fit = text.replace(/Name another: \w+Store\(.*$/, 'Name another: --to-table NAME, or --from-table.')
  return new CommandError(
    1,
    (error instanceof SojournError ? '' : where) + escapeHidden(fit) + explainWrongServer(location, text),
  )
}

/** Where something else answers than what was expected. */
function explainWrongServer(location: string, text: string): string {
  if (location.startsWith('rediss:') && /wrong version number|packet length too long/.test(text))
    return '. What answers there speaks no TLS.'
  if (location.startsWith('redis:') && /RESP type|Protocol error/.test(text)) return '. What answers there is no Redis.'
  if (location.startsWith('postgres:') && /terminated unexpectedly/.test(text))
    return '. Is it Postgres that answers there?'
  return ''
}
