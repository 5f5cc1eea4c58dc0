import { SojournError } from '../../core/errors.ts'
import { CommandError } from '../arguments.ts'
import type { Called, OpenedPlace, Place } from './location.ts'
import { visible } from '../terminal.ts'

/** Opens a store, and asks it for something, so that it is told which of two does not answer. */
export async function openedAt(place: Place, side: Called['side'], looks: boolean): Promise<OpenedPlace> {
  try {
    const opened = await place.open(side, looks)
    try {
      await opened.store.read('nobody')
    } catch (error) {
      await opened.close()
      throw error
    }
    return opened
  } catch (error) {
    throw failed(error, `${visible(place.name)}: `, place.name)
  }
}

/** What to say where a store fails. */
export function failed(error: unknown, where: string, place = ''): unknown {
  if (error instanceof CommandError) return error
  // Several at once where a name has several addresses, and then it has no message of its own.
  const { message, errors, code } = Object(error)
  const said = String(message || errors?.[0]?.message || code || error).trim()
  // For programs it names a function.
  const fit = said.replace(/Name another: \w+Store\(.*$/, 'Name another: --to-table NAME, or --from-table.')
  return new CommandError(1, (error instanceof SojournError ? '' : where) + visible(fit) + other(place, said))
}

/** Where something else answers than what was expected. */
function other(place: string, said: string): string {
  if (place.startsWith('rediss:') && /wrong version number|packet length too long/.test(said))
    return '. What answers there speaks no TLS.'
  if (place.startsWith('redis:') && /RESP type|Protocol error/.test(said)) return '. What answers there is no Redis.'
  if (place.startsWith('postgres:') && /terminated unexpectedly/.test(said))
    return '. Is it Postgres that answers there?'
  return ''
}
