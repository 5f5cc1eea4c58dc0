import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/**
 * Whether a database in WAL mode has no journal beside it. Its last user may have closed it, and then it is complete. Or the file
 * was copied alone, and the copy lacks all that only the journal had.
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
