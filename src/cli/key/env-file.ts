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
  /** One character per byte (latin1), so that unchanged text is written back as it was, in any encoding. */
  readonly text: string
  readonly stats: Stats
}

/** Reads a file of variables; `null` if it does not exist. @throws CommandError if it is not a regular file or not readable */
export function readEnvFile(path: string): EnvFile | null {
  return tryFileAction(path, 'read', () => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return null
    if (stats.isSymbolicLink()) throw fileError(path, 'is a symbolic link. Name the file that it points to.')
    if (stats.isDirectory()) throw fileError(path, 'is a folder. Name a file in it, such as .env.')
    if (!stats.isFile()) throw fileError(path, 'is not a regular file.')
    const text = readFileSync(path, 'latin1')
    if (text.includes('\0')) throw fileError(path, 'is not a text file with variables.')
    if (text.startsWith('\xef\xbb\xbf'))
      throw fileError(
        path,
        'begins with a byte order mark, which hides its first variable. Save it as UTF-8 without one.',
      )
    return { path, text, stats }
  })
}

/** Appends a line, and makes the file readable by its owner only. Creates the file if it does not exist. */
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

/** Replaces a file's text atomically, and makes the file readable by its owner only. */
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

/** Parses a file's variables as Node does. */
export function parseVariables(text: string): NodeJS.Dict<string> {
  return parseEnv(Buffer.from(text, 'latin1').toString())
}

/** Returns the line ending of a file. */
export const lineEnding = (file: EnvFile | null): string => (file?.text.includes('\r\n') === true ? '\r\n' : '\n')

const separator = (file: EnvFile | null): string =>
  file === null || file.text === '' || file.text.endsWith('\n') ? '' : lineEnding(file)

/** Checks a new text before it is written. @throws CommandError if it would change other variables or hide the key */
function checkVariables(path: string, file: EnvFile | null, text: string): void {
  const before = parseVariables(file?.text ?? '')
  const after = parseVariables(text)
  const others = Object.keys({ ...before, ...after }).filter((name) => !/^SECRET_KEY(_FALLBACKS)?$/.test(name))
  if (/^[\w-]{43}$/.test(after['SECRET_KEY'] ?? '') && others.every((name) => before[name] === after[name])) return
  throw ambiguousFileError(path)
}

/** Creates the error for a file that readers would parse differently. */
export function ambiguousFileError(path: string): CommandError {
  return fileError(
    path,
    'has ambiguous lines, such as a quote that is never closed. Nothing was changed; edit the file yourself.',
  )
}

/** Creates an error about a file. */
export function fileError(path: string, what: string): CommandError {
  return new CommandError(1, `${quoteForUser(path)} ${what}`)
}

function tryFileAction<Result>(path: string, participle: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw fileError(path, `cannot be ${participle}: ${errorReason(error as NodeJS.ErrnoException)}.`)
  }
}

const errorReasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'it belongs to another user',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'it is a symbolic link',
  EEXIST: 'another program has just created it. Run this again',
}

const errorReason = (error: NodeJS.ErrnoException): string =>
  errorReasons[error.code ?? ''] ?? error.code ?? error.message
