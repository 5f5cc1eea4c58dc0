import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { escapeHiddenJson, paintFor, printText, quoteForUser } from '../terminal.ts'
import { findUses, readSourceFiles, type Use } from './find-uses.ts'
import { libraries, type Library } from './libraries.ts'
import { formatMigration, type Installed, type Migration } from './report.ts'

/** `sojourn migrate`: prints how an application changes from another library to Sojourn. Changes nothing. Returns the exit code. */
export async function migrate(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = readArguments('migrate', args, { json: { type: 'boolean' } })
  if (options.help) {
    await printText(helpFor('migrate'))
    return 0
  }
  if (positionals.length > 1)
    throw new CommandError(2, `migrate takes one folder, but also got ${quoteForUser(positionals[1]!)}.`)
  const folder = positionals[0] ?? '.'
  const installed = readInstalled(folder)
  const used = libraries.filter(({ packages }) => packages.some((name) => Object.hasOwn(installed.packages, name)))
  const { migrations, replaced } = findMigrations(folder, used, installed)
  if (options.json) await printText(`${escapeHiddenJson({ libraries: migrations.map(toMembers) })}\n`)
  else if (migrations.length === 0) console.error(nothingFound(folder, used, replaced))
  else await printText(migrations.map((each) => formatMigration(each, installed, paintFor(process.stdout))).join('\n'))
  return migrations.length === 0 ? 1 : 0
}

/** Reads `package.json`. @throws CommandError if there is none, or if it is not JSON */
function readInstalled(folder: string): Installed {
  const path = join(folder, 'package.json')
  const has = (name: string) => existsSync(join(folder, name))
  if (!has('.') || !statSync(folder).isDirectory())
    throw new CommandError(2, `There is no folder ${quoteForUser(folder)}.`)
  if (!has('package.json'))
    throw new CommandError(
      2,
      `There is no package.json in ${quoteForUser(folder)}. Name the folder of the application.`,
    )
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new CommandError(1, `${quoteForUser(path)} is not JSON.`)
  }
  const { dependencies, devDependencies } = Object(manifest) as Record<string, object | undefined>
  const installer = has('pnpm-lock.yaml')
    ? 'pnpm add'
    : has('yarn.lock')
      ? 'yarn add'
      : has('bun.lock')
        ? 'bun add'
        : 'npm install'
  return { packages: { ...devDependencies, ...dependencies } as Record<string, unknown>, installer }
}

interface Findings {
  readonly migrations: readonly Migration[]
  /** The drop-ins that have replaced all imports of their libraries. */
  readonly replaced: readonly string[]
}

function findMigrations(folder: string, used: readonly Library[], { packages }: Installed): Findings {
  const found = new Map<Library, Use[]>(used.map((library) => [library, []]))
  const dropIns = new Set<string>()
  try {
    for (const file of used.length > 0 ? readSourceFiles(folder) : []) {
      for (const library of used) {
        if (library.uses?.test(file.text) === false) continue
        found.get(library)!.push(...library.packages.flatMap((name) => findUses(file, name)))
        if (library.dropIn !== undefined && findUses(file, library.dropIn).length > 0) dropIns.add(library.dropIn)
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CommandError(2, `${error.message} Name the folder of the application: npx sojourn migrate FOLDER`)
  }
  const migrations = [...found].flatMap(([library, uses]) => {
    // A framework's package alone says nothing about sessions.
    if (uses.length === 0 && (library.uses !== undefined || dropIns.has(library.dropIn!))) return []
    const name = library.packages.find((each) => Object.hasOwn(packages, each))!
    return [{ library, name, uses: uses.toSorted((one, other) => one.file.localeCompare(other.file, 'en')) }]
  })
  return { migrations, replaced: [...dropIns] }
}

function nothingFound(folder: string, used: readonly Library[], replaced: readonly string[]): string {
  if (replaced.length > 0) return `Nothing is left to change: the code loads ${replaced.join(' and ')}.`
  if (used.length > 0)
    return `No code in ${quoteForUser(folder)} uses sessions of ${used.map(({ packages: [name] }) => name).join(' or ')}.`
  const known = libraries.map(({ packages: [name] }) => name).join(', ')
  return `package.json names none of the libraries whose sessions Sojourn takes over: ${known}. Flask, Django and Rails: docs/README.md`
}

/** Returns what a program needs of a migration, for JSON. */
const toMembers = ({ name, uses, library: { dropIn, reader, page } }: Migration) => ({
  name,
  dropIn,
  reader,
  page,
  uses,
})
