import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/**
 * Whether a database in WAL mode has no journal beside it. Either its last user closed it, and it is complete, or somebody
 * copied the file alone, and the copy lacks all that was not in it yet.
 */
export function isWithoutWal(file: string): boolean {
  if (!existsSync(file) || existsSync(`${file}-wal`)) return false
  // The header says in bytes 18 and 19 which journal the file has: 2 for WAL (SQLite file format, section 1.3.3).
  const header = Buffer.alloc(20)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, 20, 0)
  } finally {
    closeSync(descriptor)
  }
  return header[18] === 2 && header[19] === 2
}

/** Explains a copy that lacks its journal. */
export const missingWalText = (file: string): string =>
  `It may be a copy without its journal: ${file}-wal is missing. Copy both files, or run "VACUUM INTO" on the original.`
