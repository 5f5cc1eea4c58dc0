import { SojournError } from '../errors.ts'
import { CommandError } from './arguments.ts'
import type { OpenedPlace, Place, Use } from './move-place.ts'
import { visible } from './print.ts'

/** Opens a store, and asks it for something, so that it is told which of two does not answer. */
export async function openedAt(place: Place, use: Use): Promise<OpenedPlace> {
  try {
    const opened = await place.open(use)
    try {
      await opened.store.read('nobody')
    } catch (error) {
      await opened.close()
      throw error
    }
    return opened
  } catch (error) {
    throw failed(error, `${visible(place.name)}: `)
  }
}

/** What to say where a store fails. */
export function failed(error: unknown, where: string): unknown {
  if (error instanceof CommandError) return error
  // Several at once where a name has several addresses, and then it has no message of its own.
  const { message, errors, code } = Object(error)
  const said = String(message || errors?.[0]?.message || code || error)
  // For programs it names a function.
  const fit = said.replace(/Name another: \w+Store\(.*$/, 'Name another: --to-table NAME, or --from-table.')
  return new CommandError(1, (error instanceof SojournError ? '' : where) + visible(fit))
}
