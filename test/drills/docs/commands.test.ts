import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createSessions, type SessionsOptions } from 'sojourn'
import { flaskFormat } from 'sojourn/flask'
import { signedInAs } from 'sojourn/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { newRecord } from '../../../src/testing/store-suite/kit.ts'
import { documentation, readPage, type Block } from '../../support/docs/blocks.ts'
import { programFolder, start } from '../../support/docs/programs.ts'
import { repository } from '../../support/repository.ts'
import { command as cli, sojournProcess } from '../../support/cli.ts'

const pages = [...(await documentation()), await readPage('examples/README.md')]
const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
  version: string
  scripts: Record<string, string>
  devDependencies: Record<string, string>
}

const applications = (await readdir(join(repository, 'frameworks'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `frameworks/${name}`)
/** The versions of the packages that tests and the applications of frameworks install. */
const packages: Record<string, string> = { ...manifest.devDependencies }
for (const application of [...applications, 'test/peers']) {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(join(repository, application, 'package.json'), 'utf8'),
  ) as { dependencies?: Record<string, string>; devDependencies?: Record<string, string> }
  Object.assign(packages, dependencies, devDependencies)
}

/** A command that a page shows, and what it shows of its answer. */
interface Command {
  readonly line: string
  readonly answer: string
}

describe.each(pages.filter(({ blocks }) => blocks.some(isShell)))('the commands of $path', ({ path, blocks }) => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docs-commands-'))
    if (path === 'docs/command-line.md') await fillForCommandLine(folder)
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(blocks.filter(isShell).flatMap(commandsOf))('$line', async ({ line, answer }) => {
    if (/^[A-Z_]+=\S+$/.test(line) || line.startsWith('curl ')) return // settings; and curl is the README's test
    if (/^(NODE_ENV=\w+ )?node --env-file=\.env server\.mjs$/.test(line)) return // below
    if (line.startsWith('node --input-type=module -e ')) {
      // It needs the package, so it runs here, and writes no file.
      const { stdout, code } = await shell(line.replace(/ > \S+$/, ''), repository)
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('CREATE TABLE') })
      return
    }
    for (const part of line.split(' && ')) {
      if (part.startsWith('npx sojourn ')) await check(part, answer)
      else expect(part).toSatisfy(isKnown)
    }
  })

  /** Runs a command of ours, and compares its output, except for values that are new each time. */
  async function check(line: string, answer: string): Promise<void> {
    const [, name, placeholder] = /'([\w-]+)=([^']*…)'/.exec(line) ?? []
    const cookie = name === undefined ? '' : await cookieFor(name, placeholder!)
    const { stdout, code } = await shell(line.replace(/'[\w-]+=[^']*…'/, `'${cookie}'`))

    expect(code).toBe(answer.startsWith('✗') ? 1 : 0)
    expect(stdout).not.toBe('')
    expect(alike(stdout).slice(0, alike(answer).length)).toBe(alike(answer))
  }

  async function cookieFor(name: string, placeholder: string): Promise<string> {
    // A page that shows a cookie need not show how its reader came by a key.
    await sojournProcess(['key', '--write', '.env'], { cwd: folder })
    const { SECRET_KEY } = parseEnv(await readFile(join(folder, '.env'), 'utf8'))
    const isFlask = placeholder.includes('.')
    const options: SessionsOptions = isFlask
      ? { format: flaskFormat({ secretKey: SECRET_KEY }) }
      : { secrets: [SECRET_KEY], cookie: { secure: name.startsWith('__Host-') } }
    const sessions = createSessions(options)
    if (!name.endsWith('guest')) {
      return signedInAs(sessions, '42', { data: { cart: ['tea'] }, ...(!isFlask && { label: 'Firefox on Linux' }) })
    }
    const session = await sessions.open(null)
    session.data['visits'] = 1
    return (await sessions.commit(session)).getSetCookie()[0]?.split(';', 1)[0] ?? ''
  }

  function shell(line: string, cwd = folder): Promise<{ stdout: string; code: unknown }> {
    const npx = `npx() { [ "$1" = sojourn ] && shift && '${process.execPath}' '${cli}' "$@"; }`
    const env = { PATH: process.env['PATH'] }
    return new Promise((resolve) => {
      execFile('sh', ['-c', `${npx}\n${line} 2>&1`], { cwd, env }, (error, stdout) =>
        resolve({ stdout, code: error?.code ?? 0 }),
      )
    })
  }
})

describe('options that the prose names', () => {
  const inline = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/`npx sojourn (\w+)([^`]*)`/g)].map(([, verb = '', rest = '']) => ({
      path,
      verb,
      flags: rest.match(/--[\w-]+/g) ?? [],
    })),
  )

  it.each(inline)('$path: npx sojourn $verb $flags', async ({ verb, flags }) => {
    const { stdout, code } = await sojournProcess([verb, '--help'])
    expect(code).toBe(0)
    for (const flag of flags) expect(stdout).toContain(`  ${flag}`)
  })
})

describe('production, as docs/first-steps.md starts it', () => {
  let folder: string
  let cwd: string

  beforeEach(async () => {
    folder = await programFolder('docs-')
    cwd = await mkdtemp(join(tmpdir(), 'docs-cwd-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    await rm(cwd, { recursive: true, force: true })
  })

  it('has Secure cookies, and does not start without a key', async () => {
    const [program] = pages
      .find(({ path }) => path === 'docs/first-steps.md')!
      .blocks.filter(({ text }) => /'sojourn\/hono'/.test(text))
    const production = { NODE_ENV: 'production' }
    await expect(start(program!.text, folder, cwd, production)).rejects.toThrow('.env')
    await sojournProcess(['key', '--write', '.env'], { cwd })

    const server = await start(program!.text, folder, cwd, production)
    try {
      const cookies = (await fetch(server.url)).headers.getSetCookie()
      expect(cookies.join()).toMatch(
        /^__Host-Http-guest=[\w-]+; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
      )
    } finally {
      await server.stop()
    }
  })
})

/** The settings that doctor finds problems in, and the sessions that the page lists and ends. */
async function fillForCommandLine(folder: string): Promise<void> {
  const settings = [
    'NODE_ENV=production',
    'SECRET_KEY=replace-me-with-a-real-secret-key',
    'SESSION_COOKIE_DOMAIN=vercel.app',
  ]
  await writeFile(join(folder, '.env'), `${settings.join('\n')}\n`, { mode: 0o600 })
  const names = ['express', 'express-session', '@types/express-session']
  const dependencies = Object.fromEntries(names.map((name) => [name, '1']))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies }))
  await mkdir(join(folder, 'src'))
  await writeFile(join(folder, 'src/app.ts'), `import express from 'express'\nimport session from 'express-session'\n`)
  const db = await openSqlite(join(folder, '.data/sessions.db'))
  const store = sqliteStore(db)
  const timesOf = (begun: number, used: number) => {
    const [createdAt, lastSeenAt] = [Date.now() - begun * 60_000, Date.now() - used * 60_000]
    return { createdAt, signedInAt: createdAt, lastSeenAt, expiresAt: lastSeenAt + 7 * 86_400_000 }
  }
  const own = { idleTimeout: null, absoluteTimeout: null }
  const [laptop, phone, guest] = [timesOf(2880, 3), timesOf(600, 50), timesOf(10, 8)]
  for (const fields of [
    { ...laptop, id: 'hT9bEwvWXQ4YH1pVlb3k2g', methods: [['passkey', laptop.createdAt] as const] },
    { ...phone, id: 'Zk0nq7yJcR2uW5xAf8Lm3Q', label: 'Safari on iPhone' },
    { ...guest, id: 'p4VtB1sXoD6gE9hKi0Nr7w', userId: null, signedInAt: null, label: null, methods: [] },
  ])
    await store.create(newRecord({ ...own, ...fields }))
  db.close()
}

function isShell({ language }: Block): boolean {
  return language === 'sh' || language === 'console'
}

function commandsOf({ language, text }: Block): Command[] {
  if (language === 'sh')
    return text.split('\n').flatMap((line) => (line === '' ? [] : { line: uncommented(line), answer: '' }))
  return text.split(/^\$ /m).flatMap((part) => {
    const [line = '', ...answer] = part.split('\n')
    return line === '' ? [] : { line, answer: answer.join('\n').trimEnd() }
  })
}

const uncommented = (line: string): string => line.replace(/\s+#.*$/, '')

/** How an application names the package: from npm, or the file that npm pack makes. */
const ours = ['sojourn', `../sojourn/sojourn-${manifest.version}.tgz`]

/** Whether there is what a command of npm or Node names. */
function isKnown(line: string): boolean {
  const [program, verb = '', ...rest] = line.replace(/^PORT=\d+ /, '').split(' ')
  const names = rest.filter((word) => !word.startsWith('-'))
  if (program === 'node') return existsSync(join(repository, verb))
  if (program === 'npx') return /^npx wrangler d1 execute [\w-]+ --(remote|local) --file sessions\.sql$/.test(line)
  if (program === 'bun') return verb === 'add' && names.every(isPackage)
  if (program !== 'npm') return false
  if (verb === 'pack') return names.length === 0
  if (verb === 'uninstall') return names.length > 0 // what a reader has, and we do not
  if (verb === 'run') return names.every((name) => name in manifest.scripts)
  if (verb === 'start' || verb === 'test') return verb in manifest.scripts
  return verb === 'install' && names.every(isPackage)
}

/** Whether a package, and its version if that is given, is ours or one that a test installs. */
function isPackage(word: string): boolean {
  const [, name = '', version] = /^(@?[^@]+)(?:@(.+))?$/.exec(word) ?? []
  return ours.includes(name) || (name in packages && (version === undefined || packages[name] === version))
}

/** A text without what is new each time: ids, keys and instants. */
function alike(text: string): string {
  return text
    .replace(/[\w-]{22,}/g, '(id)')
    .replace(/key id [0-9a-f]{8}/g, 'key id (key)')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(instant)')
    .replace(/\(\d seconds? ago\)/g, '(now)') // on a busy machine
}
