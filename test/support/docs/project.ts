import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { repository } from '../repository.ts'
import type { Block, Page } from './blocks.ts'
import { withStandIns } from './programs.ts'

/** The kind of a `ts` block: part of a handler, a module, a server, tests, or tests in a browser. */
export type SnippetKind = 'fragment' | 'module' | 'server' | 'tests' | 'browser'

/** A `ts` block, compiled. */
export interface Snippet {
  readonly block: Block
  readonly kind: SnippetKind
  /** The JavaScript that came of it. */
  readonly file: string
}

/** A page's snippets, and what the compiler had to say of them. */
export interface Project {
  readonly page: Page
  readonly snippets: readonly Snippet[]
  /** Each as `docs/keys.md:12 line 3: …`, by the line of its fence. */
  readonly errors: readonly string[]
}

/** The stand-ins for the reader's own code in all pages; `docs/README.md` names them. */
const surroundings = `
interface Person { id: string; name: string; generation: number }
declare const session: import('sojourn').Session
declare const sessions: import('sojourn').Sessions
declare const form: Record<'name' | 'password' | 'remember' | 'csrf', string>
declare const people: {
  check(name: string, password: string | undefined): Promise<Person | null>
  find(id: string): Promise<Person | null>
  setPassword(id: string, password: string): Promise<Person>
}
declare const c: import('hono').Context
declare const Bun: { serve(options: { port: number; fetch(request: Request): Promise<Response> }): unknown }
declare const Deno: { serve(options: { port: number }, handler: (request: Request) => Promise<Response>): unknown }
declare module 'bun' {
  export class RedisClient {
    constructor(url: string)
    send(command: string, args: string[]): Promise<any>
  }
  export class SQL {
    constructor(url: string)
    unsafe(text: string, values?: unknown[]): Promise<unknown>
  }
}
declare module 'node:sqlite' {
  export class DatabaseSync extends SqliteDriver {}
}
declare module 'bun:sqlite' {
  export class Database extends SqliteDriver {}
}
declare module 'better-sqlite3' {
  export default class Database extends SqliteDriver {}
}
declare class SqliteDriver {
  constructor(file: string)
  exec(sql: string): void
  prepare(sql: string): { all(...values: unknown[]): unknown[] }
  close(): void
}
`

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  outDir: 'out',
  rootDir: '.',
}

/** Whether a block needs a server: one that keeps sessions, or a provider that signs in. */
export const needsServer = (text: string): boolean =>
  /localhost:(6379|5432)|port: 6379|\bPGlite\b|id\.example\.com/.test(text)

/**
 * Compiles all `ts` blocks of pages, in as few programs as possible, because each reads the types of all packages again. A
 * page that declares what sessions hold has a program of its own: elsewhere that would not hold.
 */
export async function compile(pages: readonly Page[], folder: string): Promise<Project[]> {
  const alone = pages.filter(({ text }) => /^declare module 'sojourn'/m.test(text))
  const programs = [pages.filter((page) => !alone.includes(page)), ...alone.map((page) => [page])]
  return (await Promise.all(programs.map((some) => compileProgram(some, folder)))).flat()
}

async function compileProgram(pages: readonly Page[], folder: string): Promise<Project[]> {
  const snippets = pages.flatMap((page) =>
    page.blocks
      .filter(({ language }) => language === 'ts')
      .map((block) => ({ page, block, kind: snippetKind(block.text), name: pathOf(page, block) })),
  )
  if (snippets.length === 0) return pages.map((page) => ({ page, snippets: [], errors: [] }))
  const place = await mkdtemp(join(folder, 'program-'))
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }))
  await writeFile(join(place, 'surroundings.d.ts'), surroundings)
  for (const { block, kind, name } of snippets) {
    await mkdir(dirname(join(place, name)), { recursive: true })
    await writeFile(join(place, `${name}.ts`), sourceOf(block.text, kind))
  }

  const lines = (await tsc(place)).split('\n').filter((line) => /error TS/.test(line))
  const errors = lines.map((line) => {
    const [, file, at, message] = /^(.*?)\.ts\((\d+),\d+\): error (.*)$/.exec(line) ?? []
    const found = snippets.find(({ name }) => name === file)
    return { page: found?.page, text: found ? `${found.block.name} line ${Number(at) - 1}: ${message}` : line }
  })
  const fileOf = (name: string) => join(place, 'out', `${name}.js`)
  for (const { name } of snippets) {
    await writeFile(fileOf(name), withStandIns(await readFile(fileOf(name), 'utf8')))
  }
  return pages.map((page) => ({
    page,
    snippets: snippets
      .filter((each) => each.page === page)
      .map(({ block, kind, name }) => ({ block, kind, file: fileOf(name) })),
    // An error of no page is one of each.
    errors: errors.filter((error) => (error.page ?? page) === page).map(({ text }) => text),
  }))
}

// The first line is ours in each, so that lines are counted alike.
function sourceOf(text: string, kind: SnippetKind): string {
  if (kind === 'fragment') return `export default async () => {\n${text}\n}\n`
  // So that a test can call it.
  const app = kind === 'module' && /^const app\b/m.test(text) ? 'export { app }\n' : ''
  return `export {}\n${text}\n${app}`
}

/** The kind of a block, by its text. */
export function snippetKind(text: string): SnippetKind {
  if (/from 'node:test'/.test(text)) return 'tests'
  if (/from '@playwright\/test'/.test(text)) return 'browser'
  if (/^serve\(|\.(listen|serve)\(|^export (default|const GET)\b/m.test(text)) return 'server'
  return /^(import|export|declare)\b/m.test(text) ? 'module' : 'fragment'
}

/** A page's blocks are in a folder of its name, so that they can import each other. */
const pathOf = ({ path }: Page, block: Block): string => join(basename(path, '.md'), nameOf(block))

/** A block is the module that its first line names, or that of the function that it exports; any other is called by its line. */
function nameOf({ name, text }: Block): string {
  const [, file] = /^\/\/ ([\w.-]+)\.ts\n/.exec(text) ?? []
  if (file !== undefined) return file
  const [, exported] = /^export function (\w+)/m.exec(text) ?? []
  if (exported === undefined) return `line-${name.split(':')[1]}`
  return exported.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function tsc(folder: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      join(repository, 'node_modules/.bin/tsc'),
      ['-p', '.', '--pretty', 'false'],
      { cwd: folder },
      (_, output) => resolve(output),
    )
  })
}
