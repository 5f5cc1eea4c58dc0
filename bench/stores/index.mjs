import { isBuiltin } from 'node:module'

/**
 * A store as it is measured. What a library has no operation for is left out.
 *
 * @typedef {object} Store
 * @property {(sessions: Iterable<any>) => unknown} load adds sessions, as fast as it can
 * @property {(id: string) => any} read
 * @property {(found: any) => any} dataOf the data of what was read; `undefined` where there is no session
 * @property {(session: any) => any} create
 * @property {(session: any, change: any) => any} update writes a change of one key
 * @property {(session: any) => any} touch writes a new expiry
 * @property {(session: any) => any} end
 * @property {(userId: string) => any} [list]
 * @property {(before: number) => any} sweep removes all that expired before
 * @property {(sessions: readonly any[]) => any} drop removes all trace of sessions, ended or not; outside of the clock
 * @property {() => any} close
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {'sojourn' | 'peer'} kind
 * @property {boolean} [inMemory] whether its sessions are gone with its process
 * @property {number} [most] sessions that it can be given in reasonable time
 * @property {(folder: string) => Promise<Store>} open
 */

const sqlite = (driver) => ({
  name: `Sojourn, SQLite by ${driver}`,
  kind: 'sojourn',
  open: async (folder) => (await import('./sqlite.mjs')).openSqlite(driver, folder),
})

export const hasOwnSqlite = isBuiltin('node:sqlite')

/** @type {readonly Contender[]} */
export const contenders = [
  ...(hasOwnSqlite ? [sqlite('node:sqlite')] : []),
  sqlite('libsql'),
  { name: 'a plain Map', kind: 'peer', inMemory: true, open: async () => (await import('./map.mjs')).openMap() },
  { name: 'lmdb', kind: 'peer', open: async (folder) => (await import('./lmdb.mjs')).openLmdb(folder) },
  {
    name: 'session-file-store',
    kind: 'peer',
    most: 10_000,
    open: async (folder) => (await import('./session-file-store.mjs')).openFiles(folder),
  },
]

/** As tables have it. @param {Contender} contender */
export const labelOf = ({ name, kind }) => (kind === 'sojourn' ? `**${name}**` : name)
