import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLayout, checkLength } from '../../scripts/check-layout.mjs'
import { repository, repositoryFiles } from '../support/repository.ts'

const places = [
  'core',
  'util',
  'session',
  'cookies',
  'formats',
  'repository',
  'request',
  'stores',
  'from',
  'flask',
  'move',
  'adapters',
  'compat',
  'testing',
  'cli',
  'options.ts',
  'env.ts',
  'sessions.ts',
  'index.ts',
  'new-folder',
]

/** The allowed imports between folders, as in CONTRIBUTING.md. A folder may also import itself. */
const allowed: Record<string, string[]> = {
  'core/a.ts': [],
  'util/a.ts': [],
  'session/a.ts': ['core', 'util'],
  'cookies/a.ts': ['core', 'util'],
  'stores/a.ts': ['core', 'util'],
  'stores/redis/a.ts': ['core', 'util'],
  'stores/redis/connection/a.ts': ['core', 'util'],
  'formats/a.ts': ['core', 'cookies'],
  'move/a.ts': ['core', 'stores/store.ts'],
  'from/a.ts': ['core', 'util', 'cookies', 'formats', 'stores/redis/lua.ts'],
  'from/shared/a.ts': ['core', 'util', 'cookies', 'formats', 'stores/redis/lua.ts'],
  'flask/a.ts': ['core', 'util', 'cookies', 'formats', 'from/shared', 'stores/store.ts', 'stores/redis/lua.ts'],
  'flask/json/a.ts': ['core', 'util', 'cookies', 'formats', 'from/shared', 'stores/store.ts', 'stores/redis/lua.ts'],
  'options.ts': ['core', 'util', 'cookies', 'session', 'formats', 'stores/store.ts'],
  'env.ts': [
    'core',
    'util',
    'cookies',
    'formats',
    'stores',
    'stores/store.ts',
    'stores/redis/lua.ts',
    'flask',
    'options.ts',
  ],
  'repository/a.ts': ['core', 'util', 'session', 'stores/store.ts', 'options.ts'],
  'request/a.ts': ['core', 'util', 'cookies', 'session', 'repository/repository.ts', 'options.ts'],
  'sessions.ts': [
    'core',
    'util',
    'session',
    'repository',
    'repository/repository.ts',
    'request',
    'stores/store.ts',
    'options.ts',
  ],
  'adapters/a.ts': ['core', 'session', 'request', 'sessions.ts'],
  'adapters/shared/a.ts': ['core', 'session', 'request', 'sessions.ts'],
  'compat/express/a.ts': [
    'core',
    'util',
    'cookies',
    'from',
    'from/shared',
    'session',
    'repository',
    'repository/repository.ts',
    'request',
    'stores/store.ts',
    'options.ts',
    'formats',
    'sessions.ts',
  ],
  'new-folder/a.ts': [],
}

const targets = [
  ...places.map((place) => (place.endsWith('.ts') ? place : `${place}/b.ts`)),
  'from/shared/b.ts',
  'stores/store.ts',
  'stores/redis/lua.ts',
  'repository/repository.ts',
]

describe('the linter checks who may import whom', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-imports-'))
  let refused: Map<string, string[]>

  beforeAll(() => {
    copyFileSync(join(repository, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    for (const file of Object.keys(allowed)) {
      const specifiers = [...othersOf(file).map((target) => specifierOf(file, target)), 'node:fs', 'express']
      const lines = specifiers.map((specifier, index) => `import type * as m${index} from '${specifier}'\n`)
      mkdirSync(dirname(join(folder, 'src', file)), { recursive: true })
      writeFileSync(join(folder, 'src', file), lines.join(''))
    }
    refused = refusedImports(folder)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(Object.keys(allowed))('from src/%s', (file) => {
    const mayImport = (target: string) => allowed[file]!.some((place) => target === place || target === `${place}/b.ts`)
    const expected = othersOf(file).filter((target) => !mayImport(target))

    expect(refused.get(`src/${file}`)?.toSorted()).toEqual(
      [...expected.map((target) => specifierOf(file, target)), 'express', 'node:fs'].toSorted(),
    )
  })

  /** All places but the file's own folder. */
  function othersOf(file: string): string[] {
    return targets.filter((target) => target.split('/')[0] !== file.split('/')[0])
  }

  function specifierOf(file: string, target: string): string {
    const path = relative(dirname(file), target)
    return path.startsWith('.') ? path : `./${path}`
  }
})

it('each import of the repository is allowed', () => {
  expect([...refusedImports(repository)]).toEqual([])
})

it('no file or folder of src imports itself in a circle, and only listed files are at its root', () => {
  expect(checkLayout(join(repository, 'src'))).toEqual([])
})

it('circles and unlisted files are reported', () => {
  const src = mkdtempSync(join(tmpdir(), 'sojourn-layout-'))
  const files = {
    'a.ts': '',
    'core/one.ts': "import type { B } from './two.ts'",
    'core/two.ts': "export { a } from './one.ts'",
    'util/three.ts': "import '../core/one.ts'",
    'core/four.ts': "const load = () => import('../util/three.ts')",
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(src, file)), { recursive: true })
    writeFileSync(join(src, file), text)
  }

  expect(checkLayout(src)).toEqual([
    'src/a.ts: only env.ts, index.ts, options.ts, sessions.ts are at the root of src. Move it to a folder.',
    expect.stringMatching(/^Files import each other in a circle: core\/(one|two)\.ts → core\/(one|two)\.ts → /),
    expect.stringMatching(/^Folders import each other in a circle: (core → util → core|util → core → util)$/),
  ])
  rmSync(src, { recursive: true })
})

it('files and functions of the repository are short', () => {
  expect(checkLength(repository)).toEqual([])
})

it('long files, and long functions without a reason, are reported; comments do not count', () => {
  const root = mkdtempSync(join(tmpdir(), 'sojourn-length-'))
  const lines = (count: number, line: string) => `${line}\n`.repeat(count)
  const body = (count: number) => `function f() {\n${lines(count - 2, '  f()')}}\n`
  const files = {
    'src/short.ts': lines(150, 'f()') + lines(50, '// …') + `/**\n${lines(50, ' * …')} */\n\n`,
    'src/long.ts': lines(151, 'f()'),
    'scripts/function.mjs': body(61),
    'scripts/reason.mjs': `/** One closure, because … */\n${body(61)}\n// …\n${body(60)}`,
    'test/long.test.ts': lines(500, 'f()'),
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  // Its own package, as npm links it.
  mkdirSync(join(root, 'scripts/node_modules'))
  symlinkSync(root, join(root, 'scripts/node_modules/itself'))

  expect(checkLength(root)).toEqual([
    'src/long.ts has 151 lines of code. Split it: 150 are allowed.',
    'scripts/function.mjs: f has over 60 lines. Split it, or say above it why it is one function.',
  ])
  rmSync(root, { recursive: true })
})

// The linter sees import statements only.
it('the library loads by import() only the store backend and accept among its own files, and the drivers that the environment names', async () => {
  // The checkpointer's worker loads the driver that the application uses.
  const others = /^src\/(cli\/|stores\/sqlite\/checkpoint\.ts)/
  const files = (await repositoryFiles()).filter((file) => file.startsWith('src/') && !others.test(file))
  const found = files.flatMap((file) =>
    [...readFileSync(join(repository, file), 'utf8').matchAll(/\b(?:import|require)\(([^)]+)\)/g)].map(
      ([, specifier]) => `${file}: ${specifier}`,
    ),
  )
  expect(found.filter((line) => !line.startsWith('src/env.ts')).toSorted()).toEqual([
    "src/request/lifecycle.ts: './foreign-sessions.ts'",
    "src/sessions.ts: './repository/store-backend.ts'",
    'src/stores/postgres/open.ts: name', // a driver that is installed, and so below
    'src/stores/redis/connection/open.ts: name',
    'src/stores/sqlite/open.ts: name',
  ])
})

/** The imports that the linter refuses, by file. */
function refusedImports(folder: string): Map<string, string[]> {
  const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json'], { cwd: folder, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; message: string; filename: string }[] }
  const refused = new Map<string, string[]>()
  for (const { code, message, filename } of diagnostics) {
    if (!code.includes('no-restricted-imports')) continue
    refused.set(filename, [...(refused.get(filename) ?? []), /'(.+?)'/.exec(message)?.[1] ?? message])
  }
  return refused
}
