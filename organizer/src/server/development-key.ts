import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The path of the development key in the data folder. */
export function developmentKeyFile(dataDir: string): string {
  return join(dataDir, 'development.key')
}

/**
 * Returns the key that seals sessions in development if none is set. It is created once, so that users stay signed in
 * when the server restarts. If the file is empty or damaged, a new key is added and `report` gets a message.
 *
 * The first line that can be a key is the key, and new keys are only appended. So servers that start at the same time
 * all use the same key.
 */
export function loadDevelopmentKey(dataDir: string, report: (message: string) => void): string {
  const file = developmentKeyFile(dataDir)
  const text = readIfPresent(file)
  const present = findKey(text ?? '')
  if (present !== null) return present

  const created = randomBytes(32).toString('base64url')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  appendFileSync(file, `${text ? '\n' : ''}${created}\n`, { mode: 0o600 })
  const key = findKey(readIfPresent(file) ?? '') ?? created
  if (text !== null && key === created) {
    report(`The key in ${file} was damaged and has been replaced. All users must sign in again.`)
  }
  return key
}

function findKey(text: string): string | null {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.find((line) => /^[\x20-\x7e]{32,}$/.test(line)) ?? null
}

function readIfPresent(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
