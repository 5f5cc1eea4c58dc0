import { randomBytes } from 'node:crypto'

/** Where the key of development is kept: with what else belongs to this checkout, and in no repository. */
const place = ['node_modules', '.cache', 'sojourn', 'development.key']

/** Tells once a process, on standard error: that a key was made, or that the one there is was not loaded. */
let told = false

/**
 * The key of development: made once, kept with mode 0600 and found again, so that sessions survive a restart. Where it
 * cannot be kept it is of this process only.
 */
export function developmentSecret(): string {
  const kept = findKept()
  const found = kept ?? keep(randomBytes(32).toString('base64url'))
  const isLeft = hasKeyInFile()
  if (!told && (kept === null || isLeft)) {
    told = true
    const what =
      found.path === null
        ? 'and no folder to keep one in: everybody is signed out at the next restart.'
        : `so development ${kept === null ? 'made a key, kept' : 'uses the key'} in ${found.path}`
    const make = found.path === null ? ' Make one: npx sojourn key --write .env' : ''
    const load = '\nThe SECRET_KEY in .env was not loaded. Start with: node --env-file=.env server.mjs'
    console.warn(`sojourn: no SECRET_KEY, ${what}${isLeft ? load : make}`)
  }
  return found.secret
}

/** The key of development where one is kept, and no new one where none is. */
export function keptDevelopmentSecret(): string | null {
  return findKept()?.secret ?? null
}

interface Kept {
  readonly secret: string
  readonly path: string | null
}

// Through getBuiltinModule, so that the core imports nothing of the file system and runs where there is none.
const modules = () => ({
  fs: process.getBuiltinModule('node:fs'),
  path: process.getBuiltinModule('node:path'),
})

/** Whether `.env` has a key, which nobody loaded. */
function hasKeyInFile(): boolean {
  try {
    const { fs } = modules()
    return /^\s*(export\s+)?SECRET_KEY[ \t]*=[ \t]*["'`]?[^\s"'`#]/m.test(fs.readFileSync('.env', 'utf8'))
  } catch {
    return false
  }
}

function findKept(): Kept | null {
  try {
    const { fs, path } = modules()
    const secret = fs.readFileSync(path.join(process.cwd(), ...place), 'utf8').trim()
    // Shorter, it was damaged: a new one takes its place.
    return secret.length < 32 ? null : { secret, path: path.join(...place) }
  } catch {
    return null
  }
}

function keep(secret: string): Kept {
  try {
    const { fs, path } = modules()
    const file = path.join(process.cwd(), ...place)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    if (fs.existsSync(file) && findKept() === null) fs.rmSync(file, { force: true })
    // Written whole beside its place and linked into it, so that of two processes that start together both use the first's.
    const draft = `${file}.${randomBytes(6).toString('hex')}`
    fs.writeFileSync(draft, `${secret}\n`, { mode: 0o600 })
    try {
      fs.linkSync(draft, file)
    } catch {
      // Another was first, or this file system has no links.
      if (findKept() === null) fs.writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
    } finally {
      fs.rmSync(draft, { force: true })
    }
    return findKept() ?? { secret, path: null }
  } catch {
    return { secret, path: null }
  }
}
