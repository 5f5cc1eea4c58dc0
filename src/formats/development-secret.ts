import { randomBytes } from 'node:crypto'
import { SojournError } from '../core/errors.ts'
import { isWorkers } from '../core/is-workers.ts'
import { warnOnce } from '../core/warn-once.ts'
import { howToCreateSecret } from './secrets.ts'

/** The path of the default development key: in this checkout, but not under version control. */
const defaultPath = ['node_modules', '.cache', 'sojourn', 'development.key']

/**
 * Returns the development secret in a file, so that sessions survive a restart. If there is no file, creates it with mode
 * 0600. If the file is empty or damaged, adds a new secret and warns.
 *
 * The first line that can be a secret counts, and new ones are only appended. So servers that start at the same time all
 * use the same secret.
 *
 * @param file its path; its folder is created if it is missing, with mode 0700
 * @param warn gets the message about a damaged file; default `console.warn`
 * @throws `ERR_SECRET_MISSING` in production, which needs a `SECRET_KEY`; the file system's error if the file cannot be read or written
 */
export function loadDevelopmentSecret(file: string, warn: (message: string) => void = console.warn): string {
  if (process.env['NODE_ENV'] === 'production') {
    throw new SojournError('ERR_SECRET_MISSING', `The development key is not for production. ${howToCreateSecret}`)
  }
  const { secret, state } = openSecretFile(file)
  if (state === 'replaced') warn(`The key in ${file} was damaged and has been replaced. All users must sign in again.`)
  return secret
}

/** Returns the default development secret. If it cannot be stored, it is for this process only. Logs once what users must know. @internal */
export function loadDefaultDevelopmentSecret(): string {
  const { secret, state } = openDefaultFile()
  const hasUnloadedKey = hasKeyInEnvFile()
  if (state !== 'present' || hasUnloadedKey) {
    const action =
      state === 'unstored'
        ? 'The development key cannot be stored: all users will be signed out at the next restart.'
        : `${state === 'present' ? 'Using the' : 'Created a'} development key in ${loadNodeModules().path.join(...defaultPath)}`
    // Wrangler reads `.dev.vars`.
    const file = isWorkers() ? '.dev.vars' : '.env'
    const create = state === 'unstored' ? ` Create a key: npx sojourn key --write ${file}` : ''
    const load = '\nThe SECRET_KEY in .env was not loaded. Start with: node --env-file=.env server.mjs'
    warnOnce(`sojourn: SECRET_KEY is not set. ${action}${hasUnloadedKey ? load : create}`, 'development key')
  }
  return secret
}

/** Returns the default development secret if one is stored, else `null`. Creates none. @internal */
export function findDevelopmentSecret(): string | null {
  try {
    return findSecret(readIfPresent(resolveDefaultFile()))
  } catch {
    return null
  }
}

interface DevelopmentSecret {
  readonly secret: string
  readonly state: 'present' | 'created' | 'replaced' | 'unstored'
}

function openSecretFile(file: string): DevelopmentSecret {
  const { fs, path } = loadNodeModules()
  const text = readIfPresent(file)
  const present = findSecret(text)
  if (present !== null) return { secret: present, state: 'present' }

  const created = randomBytes(32).toString('base64url')
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  fs.appendFileSync(file, `${text ? '\n' : ''}${created}\n`, { mode: 0o600 })
  const secret = findSecret(readIfPresent(file)) ?? created
  // If another process was first, it reports what happened.
  if (secret !== created) return { secret, state: 'present' }
  return { secret, state: text === null ? 'created' : 'replaced' }
}

function openDefaultFile(): DevelopmentSecret {
  try {
    return openSecretFile(resolveDefaultFile())
  } catch {
    return { secret: randomBytes(32).toString('base64url'), state: 'unstored' }
  }
}

const resolveDefaultFile = (): string => loadNodeModules().path.join(process.cwd(), ...defaultPath)

/** Returns the first line that can be a secret. A shorter line, or one with other bytes, is damaged. */
function findSecret(text: string | null): string | null {
  const lines = (text ?? '').split('\n').map((line) => line.trim())
  return lines.find((line) => /^[\x20-\x7e]{32,}$/.test(line)) ?? null
}

function readIfPresent(file: string): string | null {
  try {
    return loadNodeModules().fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Whether `.env` has a SECRET_KEY. It was not loaded, because otherwise the development key would not be used. */
function hasKeyInEnvFile(): boolean {
  try {
    return /^\s*(export\s+)?SECRET_KEY[ \t]*=[ \t]*["'`]?[^\s"'`#]/m.test(readIfPresent('.env') ?? '')
  } catch {
    return false
  }
}

// Use getBuiltinModule, because an import of `node:fs` would fail on platforms without a file system.
const loadNodeModules = () => ({
  fs: process.getBuiltinModule('node:fs'),
  path: process.getBuiltinModule('node:path'),
})
