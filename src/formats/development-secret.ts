import { randomBytes } from 'node:crypto'

/** Where the key of development is kept: with what else belongs to this checkout, and in no repository. */
const keyPath = ['node_modules', '.cache', 'sojourn', 'development.key']

/** Tells once a process, on standard error: that a key was made, or that the one there is was not loaded. */
let hasWarned = false

/**
 * The key of development: made once, kept with mode 0600 and found again, so that sessions survive a restart. Where it
 * cannot be kept it is of this process only.
 */
export function loadDevelopmentSecret(): string {
  const existing = readStoredSecret()
  const stored = existing ?? storeSecret(randomBytes(32).toString('base64url'))
  const hasUnloadedKey = hasKeyInFile()
  if (!hasWarned && (existing === null || hasUnloadedKey)) {
    hasWarned = true
    const what =
      stored.path === null
        ? 'and no folder to keep one in: everybody is signed out at the next restart.'
        : `so development ${existing === null ? 'made a key, kept' : 'uses the key'} in ${stored.path}`
    const make = stored.path === null ? ' Make one: npx sojourn key --write .env' : ''
    const load = '\nThe SECRET_KEY in .env was not loaded. Start with: node --env-file=.env server.mjs'
    console.warn(`sojourn: no SECRET_KEY, ${what}${hasUnloadedKey ? load : make}`)
  }
  return stored.secret
}

/** The key of development where one is kept, and no new one where none is. */
export function findDevelopmentSecret(): string | null {
  return readStoredSecret()?.secret ?? null
}

interface StoredSecret {
  readonly secret: string
  readonly path: string | null
}

// Through getBuiltinModule, so that the core imports nothing of the file system and runs where there is none.
const loadNodeModules = () => ({
  fs: process.getBuiltinModule('node:fs'),
  path: process.getBuiltinModule('node:path'),
})

/** Whether `.env` has a key, which nobody loaded. */
function hasKeyInFile(): boolean {
  try {
    const { fs } = loadNodeModules()
    return /^\s*(export\s+)?SECRET_KEY[ \t]*=[ \t]*["'`]?[^\s"'`#]/m.test(fs.readFileSync('.env', 'utf8'))
  } catch {
    return false
  }
}

function readStoredSecret(): StoredSecret | null {
  try {
    const { fs, path } = loadNodeModules()
    const secret = fs.readFileSync(path.join(process.cwd(), ...keyPath), 'utf8').trim()
    // Shorter, it was damaged: a new one takes its place.
    return secret.length < 32 ? null : { secret, path: path.join(...keyPath) }
  } catch {
    return null
  }
}

function storeSecret(secret: string): StoredSecret {
  try {
    const { fs, path } = loadNodeModules()
    const file = path.join(process.cwd(), ...keyPath)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    if (fs.existsSync(file) && readStoredSecret() === null) fs.rmSync(file, { force: true })
    // Written whole beside its place and linked into it, so that of two processes that start together both use the first's.
    const draft = `${file}.${randomBytes(6).toString('hex')}`
    fs.writeFileSync(draft, `${secret}\n`, { mode: 0o600 })
    try {
      fs.linkSync(draft, file)
    } catch {
      // Another was first, or this file system has no links.
      if (readStoredSecret() === null) fs.writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
    } finally {
      fs.rmSync(draft, { force: true })
    }
    return readStoredSecret() ?? { secret, path: null }
  } catch {
    return { secret, path: null }
  }
}
