import { SojournError } from '../../core/errors.ts'
import { readSecrets, readSecretsFromEnv } from '../../formats/secrets.ts'
import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'
import { parseAssignments, replaceSpans, type Assignment } from './assignments.ts'
import { ambiguousFileError, fileError, lineEnding, parseVariables, replaceText, type EnvFile } from './env-file.ts'

/** Makes `secret` the key of a file, and the former key its first fallback. Returns the message for the user. */
export function rotateFile(path: string, file: EnvFile | null, secret: string): string {
  if (file === null) throw fileError(path, `does not exist, so there is no key to rotate. ${howToCreateFirst(path)}`)
  const assignments = parseAssignments(file.text)
  const key = findOnly(path, assignments, 'SECRET_KEY')
  const list = findOnly(path, assignments, 'SECRET_KEY_FALLBACKS')
  const formerSecrets = readFormerSecrets(parseVariables(file.text), quoteForUser(path))
  if (key === undefined || formerSecrets === null)
    throw fileError(path, `has no SECRET_KEY to rotate. ${howToCreateFirst(path)}`)

  const changes = [{ ...key, with: key.quote + secret + key.quote }]
  const written = formatFallbacks(formerSecrets, list)
  if (list !== undefined) changes.push({ ...list, with: written })
  else {
    // On a new line after the key's line, which may end in a comment.
    const lineEnd = file.text.indexOf('\n', key.end)
    const at = lineEnd === -1 ? file.text.length : lineEnd + 1
    const line = `${key.exported ? 'export ' : ''}SECRET_KEY_FALLBACKS=${written}${lineEnding(file)}`
    changes.push({ ...key, start: at, end: at, with: lineEnd === -1 ? lineEnding(file) + line : line })
  }
  const text = replaceSpans(file.text, changes)
  // Check that the application will read these secrets.
  const after = readSecretsFromEnv(parseVariables(text))
  if (after?.join('\0') !== [secret, ...formerSecrets].join('\0')) throw ambiguousFileError(path)
  replaceText(file, text)
  return `${quoteForUser(path)} has a new SECRET_KEY; the former key is now the first of SECRET_KEY_FALLBACKS.\n${formatAdvice(formerSecrets)}`
}

/** Returns the two lines that rotate the key of the environment, and advice for the user. */
export function rotateEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  secret: string,
): { lines: string; advice: string } {
  const formerSecrets = readFormerSecrets(env, 'the environment')
  if (formerSecrets === null) {
    throw new CommandError(
      1,
      'SECRET_KEY is not set, so there is no key to rotate. To rotate the key in a file: npx sojourn key --write .env --rotate',
    )
  }
  const text = env['SECRET_KEY_FALLBACKS']?.trim() ?? ''
  const list = formatFallbacks(formerSecrets, { text, quote: text.startsWith('[') ? "'" : '' })
  return { lines: `SECRET_KEY=${secret}\nSECRET_KEY_FALLBACKS=${list}\n`, advice: formatAdvice(formerSecrets) }
}

/** Reads the keys that become fallbacks, newest first, without duplicates. Returns `null` if there is no key. */
function readFormerSecrets(env: Readonly<Record<string, string | undefined>>, where: string): string[] | null {
  if (!env['SECRET_KEY']) return null
  try {
    return [...new Set(readSecretsFromEnv(env))]
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    throw new CommandError(1, `In ${where}: ${error.message}`)
  }
}

/** Formats the list of fallbacks as it was. Keys with special characters need a JSON array instead of a comma list. */
function formatFallbacks(secrets: readonly string[], former: Pick<Assignment, 'text' | 'quote'> | undefined): string {
  const { text, quote } = former ?? { text: '', quote: '' }
  const plain = secrets.every((secret) => /^[\w./+=:~-]+$/.test(secret))
  if (plain && !text.trimStart().startsWith('[')) return quote + secrets.join(',') + quote
  const around = plain && quote !== '"' ? quote : "'"
  return `${around}[${secrets.map(formatSecret).join(',')}]${around}`
}

/** Formats a secret as JSON without characters that are special in a shell, in a file of variables, or within quotes. */
function formatSecret(secret: string): string {
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
  throw fileError(path, `sets ${name} on lines ${lines}. Keep the one that is in use, and run this again.`)
}

function formatAdvice(former: readonly string[]): string {
  return `One server: restart it. Users stay signed in.
Several servers: create the new key once, here. Two roll-outs are needed, each in any order of the servers.
  1. On every server, keep the former SECRET_KEY, and add the new key to SECRET_KEY_FALLBACKS.
  2. On every server, set both variables as they are now.
Remove the former key one idle timeout (7 days by default) after the last server has the new one. By then, every cookie
in use is sealed with the new key, and all others have expired.${weakSecretWarning(former)}`
}

/** Warns about a former key that the library refuses: otherwise the application fails at its next start. */
function weakSecretWarning(former: readonly string[]): string {
  try {
    readSecrets(former, true)
    return ''
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    return '\nOne of the former keys is too short or easy to guess. Remove it from SECRET_KEY_FALLBACKS. Users whose cookie it sealed must sign in again.'
  }
}

const howToCreateFirst = (path: string): string =>
  `Create the first key: npx sojourn key --write ${quoteForUser(path).slice(1, -1)}`
