import { readFileSync } from 'node:fs'
import { CommandError, unknownCommandError } from './arguments.ts'
import { doctor } from './doctor/doctor.ts'
import { helpFor, helpText } from './help.ts'
import { inspect } from './inspect/inspect.ts'
import { key } from './key/key.ts'
import { migrate } from './migrate/migrate.ts'
import { move } from './move/move.ts'
import { sessions } from './sessions/sessions.ts'
import { paintFor, printText } from './terminal.ts'

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  key,
  inspect,
  doctor,
  sessions,
  move,
  migrate,
}

/** Runs a command with its arguments. Reports wrong use and problems in one line. Returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    console.error(`${paintFor(process.stderr).bad('sojourn:')} ${error.message}`)
    return error.exitCode
  }
}

async function dispatch([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') return printAndSucceed(helpText())
  if (name === '--version') return printAndSucceed(`${readVersion()}\n`)
  if (name === 'help') return printAndSucceed(args[0] === undefined ? helpText() : helpFor(checkCommand(args[0])))
  const command = checkCommand(name)
  return commands[command]!(args)
}

function checkCommand(name: string): string {
  if (Object.hasOwn(commands, name)) return name
  throw unknownCommandError(name)
}

async function printAndSucceed(text: string): Promise<number> {
  await printText(text)
  return 0
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
