import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'

/** Makes databases for the tests of a file or a group, in a folder that is removed after them. */
export function sqliteFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-sqlite-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let files = 0

  /** The path of a database that is not there yet. */
  const newFile = (): string => join(folder, `${files++}.db`)

  /** A store on a file, with its connection. */
  function opened(file = newFile()) {
    const db = new Database(file)
    return { db, file, store: sqliteStore(db) }
  }
  return { newFile, opened }
}
