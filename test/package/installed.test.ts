import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'
import { entries, manifest, relativeImports, resolveImport } from '../support/package.ts'

/** Entries whose declarations name their host's own types: who imports them has the host. */
const typedByHost = new Map([
  ['sojourn/fastify', ['fastify']],
  ['sojourn/h3', ['h3']],
  ['sojourn/hono', ['hono']],
  ['sojourn/koa', ['koa', '@types/koa']],
  ['sojourn/nest', ['@nestjs/common', '@nestjs/core', 'rxjs', 'reflect-metadata']],
])

/** Entries that import their host when they are loaded. */
const importsHost = ['sojourn/h3', 'sojourn/nest', 'sojourn/next']

/** Entries with the types of the library that they replace. These contradict those of `sojourn/express`, so `test/peers` compiles them. */
const dropIns = [
  'sojourn/compat/express-session',
  'sojourn/compat/cookie-session',
  'sojourn/compat/koa-session',
  'sojourn/compat/fastify-session',
  'sojourn/compat/fastify-secure-session',
]

const onlyOnNode = [
  'sojourn/express',
  'sojourn/fastify',
  'sojourn/koa',
  'sojourn/nest',
  'sojourn/node',
  'sojourn/socket.io',
]

describe('the packed package, installed in an empty project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-installed-'))
  const project = join(folder, 'project')
  const installed = join(project, 'node_modules/sojourn')
  // Nothing of the machine: neither its settings and cache of npm nor the folders that npm put in front for this run.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'))
  const env = { PATH: path.join(delimiter), HOME: join(folder, 'home'), npm_config_update_notifier: 'false' }
  let installation: Ran

  beforeAll(async () => {
    for (const name of ['home', 'project']) mkdirSync(join(folder, name))
    writeFileSync(join(project, 'package.json'), '{ "private": true }')
    const pack = ['pack', '--pack-destination', folder, '--ignore-scripts', '--json']
    const { stdout } = await promisify(execFile)('npm', pack, { cwd: repository })
    const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string }>)
    installation = run(
      'npm',
      'install',
      '--offline',
      '--no-audit',
      '--no-fund',
      '--foreground-scripts',
      `../${packed?.filename}`,
    )
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('is one package, without a warning, a script or anything else that comes along', () => {
    expect({ ...installation, stdout: installation.stdout.replace(/ in \d+m?s/, '').trim() }).toEqual({
      status: 0,
      stdout: 'added 1 package',
      stderr: '',
    })
    expect(readdirSync(join(project, 'node_modules')).toSorted()).toEqual(['.bin', '.package-lock.json', 'sojourn'])
    const lock = readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')
    expect(lock).not.toContain('hasInstallScript')
  })

  it.each([
    ['redis', 'redis'],
    ['flask-redis', 'redis'],
    ['postgres', 'pg'],
    // A newer Node has a driver of its own.
    ...(process.getBuiltinModule('node:sqlite') === undefined ? [['sqlite', 'libsql']] : []),
  ])('optionsFromEnv with SESSION_TYPE=%s says to install %s', (type, driver) => {
    const variables = {
      SESSION_TYPE: type,
      SECRET_KEY: 'a key of 32 bytes or more, for tests',
      DATABASE_URL: 'postgres://a/b',
    }
    const code = `import { optionsFromEnv } from 'sojourn/env'
      console.log(await optionsFromEnv(${JSON.stringify(variables)}).catch(({ code, message }) => code + ': ' + message))`
    const { stdout } = run(process.execPath, '--input-type=module', '-e', code)
    expect(stdout).toMatch(new RegExp(`^ERR_STORE_CLIENT: .* npm install ${driver}\\.`))
  })

  const names = [...entries.keys()]

  it.each([
    ['import', 'module', (name: string) => `console.log(typeof await import('${name}'))`],
    ['require', 'commonjs', (name: string) => `console.log(typeof require('${name}'))`],
  ])('each entry works by %s, with no host installed', (_how, type, codeFor) => {
    const alone = names.filter((name) => !importsHost.includes(name))
    const code = alone.map(codeFor).join('\n')
    const isCallable = (name: string): boolean => type === 'commonjs' && dropIns.includes(name)
    const stdout = alone.map((name) => (isCallable(name) ? 'function\n' : 'object\n')).join('')
    expect(run(process.execPath, `--input-type=${type}`, '-e', code)).toEqual({ status: 0, stdout, stderr: '' })
  })

  it('is the same by import and by require', () => {
    const code = `import('sojourn').then((m) => console.log(m.createSessions === require('sojourn').createSessions))`
    expect(run(process.execPath, '--input-type=commonjs', '-e', code).stdout).toBe('true\n')
  })

  it('has its command at npx', () => {
    const key = run('npx', '--offline', 'sojourn', 'key')

    expect(key.stdout).toMatch(/^SECRET_KEY=[\w-]{43}\n$/)
    expect(key.status).toBe(0)
  })

  it('keeps a sign-in', () => {
    const code = `
      import { createSessions } from 'sojourn'
      import { signedInAs } from 'sojourn/testing'
      const sessions = createSessions({ secrets: ['${'0123456789abcdef'.repeat(4)}'] })
      console.log((await sessions.open(await signedInAs(sessions, 'ada'))).userId)`
    expect(run(process.execPath, '--input-type=module', '-e', code)).toEqual({ status: 0, stdout: 'ada\n', stderr: '' })
  })

  it('keeps sessions in a store, and tests one', () => {
    const code = `
      import { createSessions } from 'sojourn'
      import { memoryStore } from 'sojourn/memory'
      import { sqliteStore } from 'sojourn/sqlite'
      import { signedInAs, storeSuite } from 'sojourn/testing'
      const sessions = createSessions({ secrets: ['${'0123456789abcdef'.repeat(4)}'], store: memoryStore() })
      const cookie = await signedInAs(sessions, 'ada')
      const { ended } = await sessions.revokeAll('ada')
      console.log(ended, (await sessions.open(cookie)).outcome, typeof sqliteStore)
      const [[, check]] = storeSuite(() => ({ store: memoryStore() }))
      await check()`
    expect(run(process.execPath, '--input-type=module', '-e', code)).toEqual({
      status: 0,
      stdout: '1 revoked function\n',
      stderr: '',
    })
  })

  it('says what to install where there is no driver for SESSION_TYPE=sqlite', () => {
    if (process.getBuiltinModule('node:sqlite') !== undefined) return // it is there
    const code = `
      import { optionsFromEnv } from 'sojourn/env'
      await optionsFromEnv({ SESSION_TYPE: 'sqlite' }).catch((error) => console.log(error.code, error.message))`
    expect(run(process.execPath, '--input-type=module', '-e', code).stdout).toMatch(
      /^ERR_STORE_CLIENT .*npm install libsql/,
    )
  })

  describe.each(['nodenext', 'bundler'])('its types, found by %s and checked strictly', (moduleResolution) => {
    const named = [...entries.keys()].filter((name) => !dropIns.includes(name))

    it('hold on Node, without the types of Express and Hono', () => {
      link('@types/node', 'undici-types')
      expect(
        typeErrors(
          named.filter((name) => !typedByHost.has(name)),
          { types: ['node'] },
        ),
      ).toBe('')
    })

    it('hold with the hosts that they are of', () => {
      link('@types/node', 'undici-types', ...[...typedByHost.values()].flat())
      // Not the hosts' own: Koa's types do not agree with those of a package that they import, nor h3's with those of Node.
      const errors = typeErrors(named, { types: ['node'] }).split('\n')
      expect(errors.filter((line) => /^[^\s.]/.test(line))).toEqual([])
    })

    it('hold elsewhere, without the types of Node', () => {
      link()
      const portable = named.filter((name) => !typedByHost.has(name) && !onlyOnNode.includes(name))
      expect(typeErrors(portable, { types: [], lib: ['es2023', 'dom'] })).toBe('')
    })

    function typeErrors(names: readonly string[], options: object): string {
      const isBundled = moduleResolution === 'bundler'
      const module = isBundled ? 'esnext' : moduleResolution
      const strictly = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true }
      const compilerOptions = { target: 'es2023', lib: ['es2023'], module, moduleResolution, ...strictly, ...options }
      const files = ['app.mts', ...(isBundled ? [] : ['app.cts'])] // what CommonJS is, no bundler asks
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
      for (const file of files) writeFileSync(join(project, file), names.map(useOf).join('') + application)
      return run(process.execPath, join(repository, 'node_modules/typescript/bin/tsc')).stdout
    }
  })

  it('has code, declarations and what people read, and nothing of this machine', () => {
    const files = filesIn(installed)

    const isText =
      /^(dist\/.+\.(js|d\.ts)|docs\/[\w-]+\.md|docs\/images\/[\w-]+\.(png|svg)|examples\/\w+\/server\.(mjs|cts))$/
    expect(files.filter((file) => !isText.test(file))).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'examples/README.md',
      'examples/nest/tsconfig.json',
      'examples/page.mjs',
      'organizer/README.md',
      'package.json',
    ])
    const foreign = /(?<![\w.~-])\/(?:home|Users|root|work|tmp)\/\w+|sourceMappingURL/
    expect(files.filter((file) => foreign.test(text(file)) || text(file).includes(repository))).toEqual([])
  })

  it('has each file that one of its files imports, and the package.json that names them', () => {
    const files = filesIn(installed)
    const missing = files
      .filter((file) => file.startsWith('dist/'))
      .flatMap((file) => relativeImports(text(file)).map((specifier) => resolveImport(file, specifier)))
    const entryFiles = [...entries.values()].flatMap(({ types, default: code }) => [join(types), join(code)])

    expect([...missing, ...entryFiles].filter((file) => !files.includes(file))).toEqual([])
    expect(JSON.parse(text('package.json'))).toEqual(manifest)
  })

  /** Makes these the packages beside ours, as far as their types matter. */
  function link(...names: string[]): void {
    for (const name of ['@types', 'undici-types', ...[...typedByHost.values()].flat()]) {
      rmSync(join(project, 'node_modules', name), { recursive: true, force: true })
    }
    for (const name of names) {
      mkdirSync(join(project, 'node_modules', dirname(name)), { recursive: true })
      symlinkSync(join(repository, 'node_modules', name), join(project, 'node_modules', name))
    }
  }

  function text(file: string): string {
    return readFileSync(join(installed, file), 'utf8')
  }

  function run(command: string, ...args: string[]): Ran {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, env, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
})

interface Ran {
  status: number | null
  stdout: string
  stderr: string
}

/** Imports an entry as a whole, so that all of its declarations are checked. */
const useOf = (name: string, index: number): string => `export * as entry${index} from '${name}'\n`

/** The code of an application in TypeScript. */
const application = `
import { createSessions, explain, SojournError, type Schema, type Session, type SessionsOptions } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sqliteStore, type SqliteDatabase } from 'sojourn/sqlite'

declare module 'sojourn' {
  interface SessionData { cart: string[] }
}

const options: SessionsOptions = { idleTimeout: 3600, cookie: { sameSite: 'strict', domain: undefined } }
const sessions = createSessions(options)

export async function add(cookie: string | null, what: string): Promise<Headers> {
  const session: Session = await sessions.open(cookie)
  session.data.cart = [...(session.data.cart ?? []), what]
  // @ts-expect-error what is declared has its type
  session.data.cart = 1
  session.signIn('ada', { carry: ['cart'], remember: true })
  // @ts-expect-error there is no such key
  session.signIn('ada', { carry: ['card'] })
  session.flash('info', explain(session.outcome).sentence)
  return sessions.commit(session)
}

declare const db: SqliteDatabase
const shared = createSessions({ store: sqliteStore(db) })
export const endAll = async (): Promise<number> => (await shared.revokeAll('ada')).ended

declare const wizard: Schema<{ step?: number }>
export async function step(): Promise<number> {
  const session = await createSessions({ store: memoryStore({ max: 10 }), schema: wizard }).open(null)
  // @ts-expect-error the schema has no such key
  session.data.cart = []
  return session.data.step ?? 0
}

export const status = (error: unknown): number => (error instanceof SojournError ? error.status : 500)
`

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? join(entry.parentPath, entry.name).slice(folder.length + 1) : []))
    .toSorted()
}
