import { escapeHidden, type Paint } from '../terminal.ts'
import type { Use } from './find-uses.ts'
import type { Library } from './libraries.ts'

/** The application's packages, and how it installs others. */
export interface Installed {
  readonly packages: Readonly<Record<string, unknown>>
  readonly installer: string
}

/** A library that the application uses. */
export interface Migration {
  readonly library: Library
  /** The package that `package.json` names. */
  readonly name: string
  /** The lines that load it. */
  readonly uses: readonly Use[]
}

/** Formats the lines to change for people. */
export function formatMigration({ library, name, uses }: Migration, installed: Installed, paint: Paint): string {
  const { dropIn, needs, reader, page } = library
  const title = dropIn === undefined ? 'Its sessions are taken over.' : 'Change the import. All users stay signed in.'
  const none = `  No line of code loads it. A file that was not found may: search for ${name}.\n`
  const lines = uses.map((use) =>
    dropIn === undefined ? formatUse(use, paint) : formatChange(use, name, dropIn, paint),
  )
  const missing = ['sojourn', ...(needs === undefined ? [] : [needs])].filter((each) => !isInstalled(each, installed))
  return [
    `${paint.strong(name)}: ${title}\n\n`,
    missing.length > 0 ? `  ${installed.installer} ${missing.join(' ')}\n\n` : '',
    ...(lines.length > 0 ? lines : [none]),
    reader === undefined ? formatNotes(library, installed) : formatReader(reader, installed),
    `\n  See ${page}: what is different, several servers, and the way back.\n`,
  ].join('')
}

const formatPlace = ({ file, line }: Use) => `${escapeHidden(file)}:${line}`

const formatUse = (use: Use, paint: Paint): string =>
  `  ${formatPlace(use)}\n${paint.bad(`  - ${escapeHidden(use.text)}`)}\n`

const formatChange = (use: Use, name: string, dropIn: string, paint: Paint): string =>
  `${formatUse(use, paint)}${paint.good(`  + ${escapeHidden(replaceModule(use.text, name, dropIn))}`)}\n`

/** Replaces the module's name in quotes. */
const replaceModule = (text: string, name: string, to: string): string =>
  text.replace(`'${name}'`, `'${to}'`).replace(`"${name}"`, `"${to}"`)

const isInstalled = (name: string, { packages }: Installed): boolean => Object.hasOwn(packages, name)

function formatNotes({ keeps = {}, rollOut }: Library, installed: Installed): string {
  const kept = Object.entries(keeps).filter(([name]) => isInstalled(name, installed))
  const notes = [
    ...kept.map(([name, reason]) => `Keep ${name} ${reason}.`),
    ...(rollOut === undefined ? [] : [rollOut]),
  ]
  return notes.length > 0 ? `\n${notes.map((note) => `  ${note}\n`).join('')}` : ''
}

/** The adapters that mount sessions by one line. The others have a section each in docs/frameworks.md. */
const mounts: readonly (readonly [framework: string, mount: string])[] = [
  ['fastify', 'await app.register(sojourn(sessions))'],
  ['koa', 'app.use(sojourn(sessions))'],
  ['hono', 'app.use(sojourn(sessions))'],
  ['express', 'app.use(sojourn(sessions))'],
]

function formatReader({ name, from, options }: NonNullable<Library['reader']>, installed: Installed): string {
  const [framework, mount] = mounts.find(([each]) => isInstalled(each, installed)) ?? []
  const lines = [
    `import { createSessions } from 'sojourn'`,
    ...(framework === undefined ? [] : [`import { sojourn } from 'sojourn/${framework}'`]),
    `import { ${name} } from '${from}'`,
    '',
    'const sessions = createSessions({',
    `  accept: [${name}(${options})],`,
    '})',
    mount ?? '// docs/frameworks.md has the line for your framework.',
  ]
  return `\n  Write instead, with the settings that the library has now:\n\n${lines.map((line) => `    ${line}`.trimEnd()).join('\n')}\n`
}
