import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { parseEnv } from 'node:util'
import { CommandError } from '../arguments.ts'
import { quoteForUser } from '../terminal.ts'

/** A file of variables, such as `.env`. */
export interface EnvFile {
  readonly path: string
  /** One character for each byte, so that what is not changed is written back as it was, in whatever encoding. */
  readonly text: string
  readonly stats: Stats
}

/** Reads a file of variables; `null` where there is none. @throws CommandError for what is no plain file or cannot be read */
export function readEnvFile(path: string): EnvFile | null {
  return tryFileAction(path, 'read', () => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return null
    if (stats.isSymbolicLink()) throw fileError(path, 'is a symbolic link. Name the file that it points to.')
    if (stats.isDirectory()) throw fileError(path, 'is a folder. Name a file in it, such as .env.')
    if (!stats.isFile()) throw fileError(path, 'is no plain file.')
    const text = readFileSync(path, 'latin1')
    if (text.includes('\0')) throw fileError(path, 'is no text file of variables.')
    if (text.startsWith('\xef\xbb\xbf'))
      throw fileError(path, 'begins with a byte order mark, which hides its first variable. Save it as UTF-8 without.')
    return { path, text, stats }
  })
}

/** Appends a line to a file that only its owner can read then; makes the file where there is none. */
export function appendLine(path: string, file: EnvFile | null, line: string): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const text = `${separator(file)}${line}${lineEnding(file)}`
  checkVariables(path, file, (file?.text ?? '') + text)
  tryFileAction(path, 'written', () => {
    const descriptor = openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW | (file === null ? O_CREAT | O_EXCL : 0), 0o600)
    try {
      fchmodSync(descriptor, 0o600)
      writeFileSync(descriptor, text)
    } finally {
      closeSync(descriptor)
    }
  })
}

/** Puts a text in a file's place: all of it or none, and only its owner can read it. */
export function replaceText(file: EnvFile, text: string): void {
  const { path, stats } = file
  checkVariables(path, file, text)
  const draft = `${path}.${process.pid}.tmp`
  tryFileAction(path, 'written', () => {
    const descriptor = openSync(draft, 'wx', 0o600)
    try {
      fchmodSync(descriptor, 0o600)
      if (process.getuid?.() !== stats.uid) fchownSync(descriptor, stats.uid, stats.gid)
      writeFileSync(descriptor, text, 'latin1')
      fsyncSync(descriptor)
      if (readFileSync(path, 'latin1') !== file.text)
        throw fileError(path, 'was changed by another program meanwhile. Run this again.')
      renameSync(draft, path)
    } catch (error) {
      rmSync(draft, { force: true })
      throw error
    } finally {
      closeSync(descriptor)
    }
  })
}

/** The variables of a file, as Node reads them. */
export function parseVariables(text: string): NodeJS.Dict<string> {
  return parseEnv(Buffer.from(text, 'latin1').toString())
}

/** How a file ends its lines. */
export const lineEnding = (file: EnvFile | null): string => (file?.text.includes('\r\n') === true ? '\r\n' : '\n')

const separator = (file: EnvFile | null): string =>
  file === null || file.text === '' || file.text.endsWith('\n') ? '' : lineEnding(file)

/** Nothing is written in which other variables would read otherwise than before, or the key not at all. */
function checkVariables(path: string, file: EnvFile | null, text: string): void {
  const before = parseVariables(file?.text ?? '')
  const after = parseVariables(text)
  const others = Object.keys({ ...before, ...after }).filter((name) => !/^SECRET_KEY(_FALLBACKS)?$/.test(name))
  if (/^[\w-]{43}$/.test(after['SECRET_KEY'] ?? '') && others.every((name) => before[name] === after[name])) return
  throw ambiguousFileError(path)
}

/** A file that would not say what it is to say. */
export function ambiguousFileError(path: string): CommandError {
  return fileError(
    path,
    'has lines that cannot be told apart, such as a quote that is never closed. Nothing was changed; do it by hand.',
  )
}

/** What is wrong with a file. */
export function fileError(path: string, what: string): CommandError {
  return new CommandError(1, `${quoteForUser(path)} ${what}`)
}

function tryFileAction<Result>(path: string, done: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw fileError(path, `cannot be ${done}: ${errorReason(error as NodeJS.ErrnoException)}.`)
  }
}

const errorReasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'what stands before its name is no folder',
  EACCES: 'you have no permission for it',
  EPERM: 'it belongs to somebody else',
  EROFS: 'it is on a disk that is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'it is a symbolic link',
  EEXIST: 'something else has just made it. Run this again',
}

const errorReason = (error: NodeJS.ErrnoException): string =>
  errorReasons[error.code ?? ''] ?? error.code ?? error.message
