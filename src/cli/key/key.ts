import { randomBytes } from 'node:crypto'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { printText, quoteForUser } from '../terminal.ts'
import { parseAssignments, replaceSpans, type Assignment } from './assignments.ts'
import { appendLine, fileError, readEnvFile, replaceText, type EnvFile } from './env-file.ts'
import { rotateEnvironment, rotateFile } from './rotate.ts'

/** `sojourn key`: creates the key that seals sessions, writes it to a file, rotates it. Returns the exit code. */
export async function key(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = readArguments('key', args, {
    write: { type: 'string' },
    rotate: { type: 'boolean' },
  })
  if (options.help) {
    await printText(helpFor('key'))
    return 0
  }
  if (positionals[0] !== undefined) {
    throw new CommandError(
      2,
      `key takes no argument, but got ${quoteForUser(positionals[0])}. To write the key to a file: npx sojourn key --write FILE`,
    )
  }
  const secret = randomBytes(32).toString('base64url')
  if (options.write !== undefined) {
    const file = readEnvFile(options.write)
    console.error(options.rotate ? rotateFile(options.write, file, secret) : addKey(options.write, file, secret))
    return 0
  }
  if (!options.rotate) {
    await printText(`SECRET_KEY=${secret}\n`)
    return 0
  }
  const { lines, advice } = rotateEnvironment(process.env, secret)
  await printText(lines)
  console.error(advice)
  return 0
}

/** Adds a key to a file that has none. Returns the message for the user. @throws CommandError if it has one */
function addKey(path: string, file: EnvFile | null, secret: string): string {
  const found = parseAssignments(file?.text ?? '').filter(({ name }) => name === 'SECRET_KEY')
  const set = found.find(({ text }) => text !== '')
  if (set !== undefined) throw fileError(path, alreadySetMessage(path, set, file))
  // Fill in a template's `SECRET_KEY=`, because readers disagree about which of two lines counts.
  const empty = found.at(-1)
  if (file === null || empty === undefined) appendLine(path, file, `SECRET_KEY=${secret}`)
  else replaceText(file, replaceSpans(file.text, [{ ...empty, with: secret }]))
  return `SECRET_KEY is now in ${quoteForUser(path)}, which only its owner can read. Keep the file out of version control.`
}

function alreadySetMessage(path: string, { line }: Assignment, file: EnvFile | null): string {
  const mode = (file?.stats.mode ?? 0) & 0o777
  const isOpen = process.platform !== 'win32' && (mode & 0o077) !== 0
  return (
    `already sets SECRET_KEY on line ${line}; nothing was changed. ` +
    `For a new key with which users stay signed in: npx sojourn key --write ${quoteForUser(path).slice(1, -1)} --rotate` +
    (isOpen
      ? `\nIts mode is ${mode.toString(8).padStart(4, '0')}: other users of this machine can read or change it. Fix: chmod 600`
      : '')
  )
}
