import { parseArgs } from 'node:util'
import { quoteForUser } from './terminal.ts'

/** Ends the command: one line on standard error, and its exit code. 1 is a problem that was found, 2 wrong use. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: 1 | 2

  constructor(exitCode: 1 | 2, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Options of a command, by name: what to call the value, or `null` for a switch. */
type OptionSpec = Readonly<Record<string, string | null>>

/** What a command was called with. */
export interface Arguments<Options extends OptionSpec> {
  readonly options: { readonly [Name in keyof Options]?: Options[Name] extends null ? true : string }
  readonly positionals: readonly string[]
}

/** Reads what stands after a command. @throws CommandError for an option it does not have, or one that is not complete */
export function readArguments<const Options extends OptionSpec>(
  command: string,
  args: readonly string[],
  optionSpec: Options,
): Arguments<Options> {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false, // its words for what is wrong do not say what to do
    tokens: true,
    options: Object.fromEntries(
      Object.entries(optionSpec).map(([name, value]) => [name, { type: value === null ? 'boolean' : 'string' }]),
    ),
  })
  const options: Record<string, string | true> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { rawName, name, value, inlineValue } = token
    if (rawName === '-h') options['help'] = true
    else if (!Object.hasOwn(optionSpec, name) || !rawName.startsWith('--'))
      throw unknownError('option', rawName, longNames(optionSpec), command)
    else options[name] = optionValue(rawName, optionSpec[name] ?? null, value, inlineValue ?? false)
  }
  return { options: options as Arguments<Options>['options'], positionals }
}

/** An option or a command that there is not, with the one that was meant. */
export function unknownError(what: string, given: string, allowed: readonly string[], command = ''): CommandError {
  const suggestion = findNearest(given, allowed)
  const help = `npx sojourn ${command === '' ? '--help' : `${command} --help`}`
  return new CommandError(
    2,
    `There is no ${what} ${quoteForUser(given)}. ${suggestion === null ? `See: ${help}` : `Did you mean ${suggestion}?`}`,
  )
}

function optionValue(
  rawName: string,
  placeholder: string | null,
  value: string | undefined,
  inline: boolean,
): string | true {
  if (placeholder === null) {
    if (value === undefined) return true
    throw new CommandError(2, `${rawName} takes no value.`)
  }
  if (value === undefined || value === '')
    throw new CommandError(2, `${rawName} needs a value: ${rawName} ${placeholder}`)
  if (inline || !value.startsWith('-') || /^-\d/.test(value)) return value
  throw new CommandError(
    2,
    `${rawName} needs a value (${rawName} ${placeholder}), and ${quoteForUser(value)} looks like an option.`,
  )
}

const longNames = (optionSpec: OptionSpec): string[] => Object.keys(optionSpec).map((name) => `--${name}`)

/** What was meant, if anything is near: a few letters more, less, other or swapped. */
function findNearest(given: string, allowed: readonly string[]): string | null {
  const near = allowed
    .map((name) => ({ name, distance: editDistance(given.slice(0, 40).toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.replaceAll('-', '').length / 3)))
    .toSorted((one, other) => one.distance - other.distance)
  return near[0]?.name ?? null
}

/** Damerau's distance, adjacent letters only. */
function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= one.length; row++) {
    const [before, above] = [rows[row - 2], rows[row - 1]!]
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      const swapped = row > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      current.push(
        Math.min(
          above[column]! + 1,
          current[column - 1]! + 1,
          above[column - 1]! + (same ? 0 : 1),
          swapped ? before![column - 2]! + 1 : Infinity,
        ),
      )
    }
    rows.push(current)
  }
  return rows[one.length]![other.length]!
}
