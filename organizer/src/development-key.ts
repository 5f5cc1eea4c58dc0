import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the key of development is, in the data folder. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'development.key')
}

/** The key that seals sessions where none is given: made once, so that people stay signed in when the server restarts. */
export function developmentKey(dataDir: string): string {
  const file = keyFile(dataDir)
  return read(file) ?? make(file, dataDir)
}

// Written beside its place and linked into it: of two starts at once the first wins, and both use its key.
function make(file: string, dataDir: string): string {
  const draft = `${file}.${process.pid}`
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(draft, randomBytes(32).toString('base64url') + '\n', { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
