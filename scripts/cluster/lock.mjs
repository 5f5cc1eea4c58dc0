import { join } from 'node:path'
import Database from 'libsql'

/**
 * Locks a data folder until this process ends: two Redis servers that write to the same files would destroy them.
 * The lock is SQLite's, because the system releases it even if the process is killed.
 */
export function lockFolder(folder) {
  const database = new Database(join(folder, 'cluster.lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if (error.code !== 'SQLITE_BUSY') throw error
    throw new Error(`Another cluster uses ${folder}. Stop it, or set DATA_DIR to another folder.`, { cause: error })
  }
  return database // the lock would end if this were garbage-collected
}
