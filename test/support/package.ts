import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { repository } from './repository.ts'

/** One entry of `package.json`: files of the package. */
export interface Entry {
  readonly types: string
  readonly default: string
}

interface Manifest {
  readonly exports: Readonly<Record<string, Entry | string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}

export const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest

/** The modules of the package by what is written to import them: `sojourn`, `sojourn/fetch` … */
export const entries: ReadonlyMap<string, Entry> = new Map(
  Object.entries(manifest.exports).flatMap(([name, entry]) =>
    typeof entry === 'string' ? [] : [[`sojourn${name.slice(1)}`, entry] as const],
  ),
)

/** The text of a built file. */
export const readBuilt = (file: string): string => readFileSync(join(repository, file), 'utf8')

/** A built file of code or declarations and all that it imports of the package, directly or not. */
export const reachedFrom = (file: string): ReadonlySet<string> => reached(file, relativeImports)

/** The files that a built file loads at once: without those that it loads later by `import(…)`. */
export const loadedWith = (file: string): ReadonlySet<string> => reached(file, staticImports)

function reached(file: string, importsOf: (text: string) => string[], found = new Set<string>()): Set<string> {
  const path = normalize(file)
  if (found.has(path)) return found
  found.add(path)
  for (const specifier of importsOf(readBuilt(path))) reached(resolveImport(path, specifier), importsOf, found)
  return found
}

/** The relative imports of a file. */
export const relativeImports = (text: string): string[] =>
  specifiersIn(text, /(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.[^'"]*)\1/g)

const staticImports = (text: string): string[] => specifiersIn(text, /(?:\bfrom|\bimport)\s*(['"])(\.[^'"]*)\1/g)

const specifiersIn = (text: string, pattern: RegExp): string[] =>
  [...text.replace(/\/\*.*?\*\//gs, '').matchAll(pattern)].map(([, , specifier]) => specifier!)

/** The file of an import. Declarations name their sources: `./session.ts` is `session.d.ts`, as TypeScript reads it. */
export function resolveImport(from: string, specifier: string): string {
  return join(dirname(from), specifier).replace(/(?<!\.d)\.ts$/, '.d.ts')
}
