import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { loadEnvFile } from '../keys.ts'
import { locationFromEnv } from '../store/from-env.ts'
import { parseLocation } from '../store/location.ts'
import type { StoreLocation } from '../store/types.ts'
import { printText, quoteForUser } from '../terminal.ts'
import { countSessions } from './count.ts'
import { listSessions } from './list.ts'
import { revokeAllSessions, revokeSession } from './revoke.ts'
import { showSession } from './show.ts'
import type { SessionsOptions } from './types.ts'

const optionSpec = {
  prefix: { type: 'string' },
  table: { type: 'string' },
  user: { type: 'string' },
  show: { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

interface Verb {
  /** The argument after the store. */
  readonly argument: string
  readonly isRequired: boolean
  /** The options that it takes, besides those of every verb. */
  readonly options: readonly (keyof typeof optionSpec)[]
  run(location: StoreLocation, argument: string | undefined, options: SessionsOptions): Promise<number>
}

const verbs: Readonly<Record<string, Verb>> = {
  list: { argument: 'USER', isRequired: false, options: [], run: listSessions },
  count: { argument: 'USER', isRequired: false, options: [], run: countSessions },
  show: { argument: 'ID', isRequired: true, options: ['user', 'show'], run: showSession },
  revoke: { argument: 'ID', isRequired: true, options: ['user', 'yes'], run: revokeSession },
  'revoke-all': { argument: 'USER', isRequired: true, options: ['yes'], run: revokeAllSessions },
}

/** `sojourn sessions`: lists, shows, counts and ends the sessions of a store. Returns the exit code. */
export async function sessions(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = readArguments('sessions', putIdsLast(args), optionSpec)
  if (options.help) {
    await printText(helpFor('sessions'))
    return 0
  }
  const [name = '', address, argument, ...rest] = positionals
  const verb = Object.hasOwn(verbs, name) ? verbs[name]! : null
  if (verb === null) {
    const found = name === '' ? 'sessions takes' : `${quoteForUser(name)} is unknown: sessions takes`
    throw new CommandError(2, `${found} ${Object.keys(verbs).join(', ')}. See: npx sojourn sessions --help`)
  }
  const usage = verb.isRequired ? verb.argument : `[${verb.argument}]`
  if (address === undefined || (verb.isRequired && argument === undefined) || rest.length > 0)
    throw new CommandError(2, `Use: npx sojourn sessions ${name} STORE ${usage}`)
  for (const option of ['user', 'show', 'yes'] as const)
    if (options[option] !== undefined && !verb.options.includes(option))
      throw new CommandError(2, `sessions ${name} has no option --${option}. See: npx sojourn sessions --help`)
  return verb.run(findLocation(address, options), argument, options)
}

/** Puts ids that begin with a hyphen after `--`, because they look like options. An id has 22 characters. */
function putIdsLast(args: readonly string[]): string[] {
  const isId = (text: string) => /^-[\w-]{21}$/.test(text)
  return args.includes('--') ? [...args] : [...args.filter((text) => !isId(text)), '--', ...args.filter(isId)]
}

/** Returns the store of an address, or of the environment for `env`. @throws CommandError */
function findLocation(address: string, { prefix, table }: SessionsOptions): StoreLocation {
  const options = { side: null, prefix, table }
  if (address !== 'env') return parseLocation(address, options)
  loadEnvFile()
  const location = locationFromEnv(process.env, options)
  if (location !== null) return location
  throw new CommandError(
    2,
    `SESSION_TYPE=${process.env['SESSION_TYPE'] || 'cookie'} keeps sessions in cookies only, so no store has a list of them. To read one cookie: npx sojourn inspect`,
  )
}
