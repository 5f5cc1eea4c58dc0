import { randomBytes } from 'node:crypto'

/** The path of the development key: in this checkout, but not under version control. */
const keyPath = ['node_modules', '.cache', 'sojourn', 'development.key']

/** Whether this process has logged that it created a key, or that the key in `.env` was not loaded. It logs that once. */
let hasWarned = false

/**
 * Returns the development key. It is created once and stored with mode 0600, so that sessions survive a restart. If it
 * cannot be stored, it is for this process only.
 */
export function loadDevelopmentSecret(): string {
  const existing = readStoredSecret()
  const stored = existing ?? storeSecret(randomBytes(32).toString('base64url'))
  const hasUnloadedKey = hasKeyInFile()
  if (!hasWarned && (existing === null || hasUnloadedKey)) {
    hasWarned = true
    const action =
      stored.path === null
        ? 'The development key cannot be stored: all users will be signed out at the next restart.'
        : `${existing === null ? 'Created a' : 'Using the'} development key in ${stored.path}`
    const create = stored.path === null ? ' Create a key: npx sojourn key --write .env' : ''
    const load = '\nThe SECRET_KEY in .env was not loaded. Start with: node --env-file=.env server.mjs'
    console.warn(`sojourn: SECRET_KEY is not set. ${action}${hasUnloadedKey ? load : create}`)
  }
  return stored.secret
}

/** Returns the stored development key, or `null`. Creates none. */
export function findDevelopmentSecret(): string | null {
  return readStoredSecret()?.secret ?? null
}

interface StoredSecret {
  readonly secret: string
  /** `null` if it could not be stored. */
  readonly path: string | null
}

// Use getBuiltinModule, because an import of `node:fs` would fail on platforms without a file system.
const loadNodeModules = () => ({
  fs: process.getBuiltinModule('node:fs'),
  path: process.getBuiltinModule('node:path'),
})

/** Whether `.env` has a SECRET_KEY. It was not loaded, because otherwise the development key would not be used. */
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
    // A shorter key is damaged. Replace it.
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
    // Write the whole key to a draft, then link it: of two processes that start together, both use the key of the first.
    const draft = `${file}.${randomBytes(6).toString('hex')}`
    fs.writeFileSync(draft, `${secret}\n`, { mode: 0o600 })
    try {
      fs.linkSync(draft, file)
    } catch {
      // Another process was first, or this file system has no links.
      if (readStoredSecret() === null) fs.writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
    } finally {
      fs.rmSync(draft, { force: true })
    }
    return readStoredSecret() ?? { secret, path: null }
  } catch {
    return { secret, path: null }
  }
}
