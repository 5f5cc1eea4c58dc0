import { parseArgs, type ParseArgsConfig } from 'node:util'
import { escapeHidden, quoteForUser } from './terminal.ts'

/** Ends the command with one line on standard error and this exit code: 1 if a problem was found, 2 for wrong use. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: 1 | 2

  constructor(exitCode: 1 | 2, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

const helpOption = { help: { type: 'boolean', short: 'h' } } as const

type OptionSpec = NonNullable<ParseArgsConfig['options']>
type ParsedArguments<Options extends OptionSpec> = ReturnType<
  typeof parseArgs<{ options: Options & typeof helpOption; allowPositionals: true }>
>

/** Parses the arguments after a command. Every command has `--help`. @throws CommandError for wrong options */
export function readArguments<const Options extends OptionSpec>(
  command: string,
  args: readonly string[],
  optionSpec: Options,
): ParsedArguments<Options> {
  try {
    const options = { ...optionSpec, ...helpOption }
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true }) as ParsedArguments<Options>
    // parseArgs accepts an empty value, as of an unset variable: --write "$FILE".
    for (const [name, value] of Object.entries(parsed.values))
      if (value === '') throw new Error(`Option '--${name}' needs a value`)
    return parsed
  } catch (error) {
    // The first sentence says what is wrong; the others propose workarounds. It ends in a line break or a period.
    const [reason = ''] = (error as Error).message.split(/\.?\n|\. /)
    // As in --max-age -1, or in --write --rotate.
    const hint = reason.endsWith('ambiguous') ? ' A value that begins with - needs an equals sign.' : ''
    throw new CommandError(2, `${escapeHidden(reason)}.${hint} See: npx sojourn ${command} --help`)
  }
}

/** Creates the error for an unknown command or option in its place. */
export function unknownCommandError(given: string): CommandError {
  const kind = given.startsWith('-') ? 'option' : 'command'
  return new CommandError(2, `Unknown ${kind} ${quoteForUser(given)}. See: npx sojourn --help`)
}
