import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the key of development is, in the data folder. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'development.key')
}

/**
 * The key that seals sessions where none is given: made once, so that people stay signed in when the server restarts.
 * A file that holds none, being empty or damaged, is given a new one, and `say` is told.
 *
 * The first line that can be a key is the key, and new ones are only ever appended: of servers that start at once, all
 * find the same one.
 */
export function developmentKey(dataDir: string, say: (sentence: string) => void): string {
  const file = keyFile(dataDir)
  const text = read(file)
  const present = keyIn(text ?? '')
  if (present !== null) return present

  const made = randomBytes(32).toString('base64url')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  appendFileSync(file, `${text ? '\n' : ''}${made}\n`, { mode: 0o600 })
  const key = keyIn(read(file) ?? '') ?? made
  if (text !== null && key === made) {
    say(`The key in ${file} was damaged, so there is a new one: whoever was signed in has to sign in again.`)
  }
  return key
}

function keyIn(text: string): string | null {
  return (
    text
      .split('\n')
      .find((line) => /^[\x20-\x7e]{32,}$/.test(line.trim()))
      ?.trim() ?? null
  )
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
