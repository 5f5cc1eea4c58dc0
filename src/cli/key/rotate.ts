import { SojournError } from '../../core/errors.ts'
import { readSecrets, readSecretsFromEnv } from '../../formats/secrets.ts'
import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'
import { parseAssignments, replaceSpans, type Assignment } from './assignments.ts'
import { ambiguousFileError, fileError, lineEnding, parseVariables, replaceText, type EnvFile } from './env-file.ts'

/** Puts a new key in front in a file, and the one that was there behind it; gives what to tell. */
export function rotateFile(path: string, file: EnvFile | null, secret: string): string {
  if (file === null) throw fileError(path, `does not exist, so there is no key to rotate. ${howToCreateFirst(path)}`)
  const assignments = parseAssignments(file.text)
  const key = findOnly(path, assignments, 'SECRET_KEY')
  const list = findOnly(path, assignments, 'SECRET_KEY_FALLBACKS')
  const formerSecrets = readFormerSecrets(parseVariables(file.text), quoteForUser(path))
  if (key === undefined || formerSecrets === null)
    throw fileError(path, `has no SECRET_KEY to rotate. ${howToCreateFirst(path)}`)

  const changes = [{ ...key, with: key.quote + secret + key.quote }]
  const written = writeList(formerSecrets, list)
  if (list !== undefined) changes.push({ ...list, with: written })
  else {
    // On a line of its own below the key's, after what else stands there.
    const lineEnd = file.text.indexOf('\n', key.end)
    const at = lineEnd === -1 ? file.text.length : lineEnd + 1
    const line = `${key.exported ? 'export ' : ''}SECRET_KEY_FALLBACKS=${written}${lineEnding(file)}`
    changes.push({ ...key, start: at, end: at, with: lineEnd === -1 ? lineEnding(file) + line : line })
  }
  const text = replaceSpans(file.text, changes)
  // Read as the application will.
  const after = readSecretsFromEnv(parseVariables(text))
  if (after?.join('\0') !== [secret, ...formerSecrets].join('\0')) throw ambiguousFileError(path)
  replaceText(file, text)
  return `${quoteForUser(path)} has a new SECRET_KEY; the former one is the first of SECRET_KEY_FALLBACKS.\n${advice(formerSecrets)}`
}

/** The two lines that rotate the key of the environment, and what to tell. */
export function rotateEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  secret: string,
): { lines: string; advice: string } {
  const formerSecrets = readFormerSecrets(env, 'the environment')
  if (formerSecrets === null) {
    throw new CommandError(
      1,
      'SECRET_KEY is not set, so there is no key to rotate. For one in a file: npx sojourn key --write .env --rotate',
    )
  }
  const text = env['SECRET_KEY_FALLBACKS']?.trim() ?? ''
  const list = writeList(formerSecrets, { text, quote: text.startsWith('[') ? "'" : '' })
  return { lines: `SECRET_KEY=${secret}\nSECRET_KEY_FALLBACKS=${list}\n`, advice: advice(formerSecrets) }
}

/** The keys there were, newest first, each once: they are the fallbacks now. `null` where there is no key. */
function readFormerSecrets(env: Readonly<Record<string, string | undefined>>, where: string): string[] | null {
  if (!env['SECRET_KEY']) return null
  try {
    return [...new Set(readSecretsFromEnv(env))]
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    throw new CommandError(1, `In ${where}: ${error.message}`)
  }
}

/** The list of fallbacks, written as it was. What a list between commas cannot carry goes into a JSON array. */
function writeList(secrets: readonly string[], former: Pick<Assignment, 'text' | 'quote'> | undefined): string {
  const { text, quote } = former ?? { text: '', quote: '' }
  const plain = secrets.every((secret) => /^[\w./+=:~-]+$/.test(secret))
  if (plain && !text.trimStart().startsWith('[')) return quote + secrets.join(',') + quote
  const around = plain && quote !== '"' ? quote : "'"
  return `${around}[${secrets.map(writeSecret).join(',')}]${around}`
}

/** JSON in which nothing means anything to a shell, to readers of such files, or to the quotes around. */
function writeSecret(secret: string): string {
  const text = secret.replace(
    /[^\x20-\x7e]|["'`\\$#]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${text}"`
}

function findOnly(path: string, assignments: readonly Assignment[], name: string): Assignment | undefined {
  const found = assignments.filter((assignment) => assignment.name === name)
  if (found.length < 2) return found[0]
  const lines = found.map(({ line }) => line).join(' and ')
  throw fileError(path, `sets ${name} on lines ${lines}. Keep the one that counts, and run this again.`)
}

function advice(former: readonly string[]): string {
  return `One server: restart it, and nobody is signed out.
Several servers: make the new key once, here. It takes two roll-outs, each in any order of the servers.
  1. SECRET_KEY stays the former one; the new one is added to SECRET_KEY_FALLBACKS, on every server.
  2. Both as they are now, on every server.
The former key can go one idle timeout after the last server has the new one (7 days by default): a cookie in use is
sealed anew with the new key, and one that is not in use has run out by then.${weakSecretWarning(former)}`
}

/** A fallback opens cookies as well: one that the library refuses is told now, not at the next start. */
function weakSecretWarning(former: readonly string[]): string {
  try {
    readSecrets(former, true)
    return ''
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    return '\nOne of the former keys is too short, or one that anybody can guess. Take it out of SECRET_KEY_FALLBACKS: whoever signed in under it signs in again.'
  }
}

const howToCreateFirst = (path: string): string =>
  `Make the first: npx sojourn key --write ${quoteForUser(path).slice(1, -1)}`
