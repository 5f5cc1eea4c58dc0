import { memoryStore } from '../../stores/memory.ts'
import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'
import type { LocationOptions, OpenedLocation } from './types.ts'

export const defaultTable = 'sojourn_sessions'
export const defaultPrefix = 'sojourn:'

/** Returns the option of a side: `--from-table`, or `--table` for a command with one store. */
export const optionFor = (side: LocationOptions['side'], name: 'table' | 'prefix'): string =>
  `--${side === null ? '' : `${side}-`}${name}`

/** Returns the table's name. @throws CommandError if it is not valid, or if a prefix is given */
export function checkTable(
  location: string,
  { side, prefix, table = defaultTable }: LocationOptions,
  names: RegExp,
): string {
  const option = optionFor(side, 'table')
  if (prefix !== undefined)
    throw new CommandError(2, `Only Redis has prefixes. For ${location}, use ${option} to name the table.`)
  if (names.test(table)) return table
  throw new CommandError(2, `${option} may contain letters, digits and _ only, unlike ${quoteForUser(table)}.`)
}

/** Creates the error for a database without the table. */
export function noTableError(
  location: string,
  table: string,
  side: LocationOptions['side'],
  reason = `If it has another name: ${optionFor(side, 'table')} NAME`,
): CommandError {
  return new CommandError(1, `${location} has no table ${table}. ${reason}`)
}

/** Names a place in a store, and its table or prefix if it is not the default. */
export const locationName = (location: string, what: string, given: string, usual: string): string =>
  given === usual ? location : `${location} (${what} ${given})`

/** Opens an empty store instead of one that does not exist yet. */
export const openEmptyStore = (): OpenedLocation => ({ store: memoryStore(), close() {} })
