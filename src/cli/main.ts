#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { CommandError, unknown } from './arguments.ts'
import { help, helpOf } from './help.ts'
import { inspect } from './inspect/inspect.ts'
import { key } from './key/key.ts'
import { move } from './move/move.ts'
import { paintFor, print } from './terminal.ts'

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { key, inspect, move }

// Whoever reads has read enough, as in `… | head -1`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof CommandError)) throw error
  console.error(`${paintFor(process.stderr).bad('sojourn:')} ${error.message}`)
  process.exitCode = error.exitCode
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') return say(help())
  if (name === '--version') return say(`${version()}\n`)
  if (name === 'help') return say(args[0] === undefined ? help() : helpOf(commandNamed(args[0])))
  const command = commandNamed(name)
  return commands[command]!(args)
}

function commandNamed(name: string): string {
  if (Object.hasOwn(commands, name)) return name
  if (name.startsWith('-')) throw unknown('option', name, ['--help', '--version'])
  throw unknown('command', name, [...Object.keys(commands), 'help'])
}

async function say(text: string): Promise<number> {
  await print(text)
  return 0
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
