import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Hono } from 'hono'
import { createSessions, type SessionsOptions } from 'sojourn'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPage } from '../support/docs/blocks.ts'
import { programFolder, start, type Running } from '../support/docs/programs.ts'
import { snippetKind } from '../support/docs/project.ts'
import { repository } from '../support/repository.ts'
import { browser } from '../support/browser.ts'
import { secrets } from '../support/sessions.ts'

const readme = await readPage('README.md')
const snippets = readme.blocks.filter(({ language }) => language === 'ts')
const servers = snippets.filter(({ text }) => snippetKind(text) === 'server')

let folder: string
let cwd: string

beforeEach(async () => {
  folder = await programFolder('readme-')
  cwd = await mkdtemp(join(tmpdir(), 'readme-cwd-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
  await rm(cwd, { recursive: true, force: true })
})

describe('the programs of the README', () => {
  let server: Running | null = null

  afterEach(() => server?.stop())

  it('are there', () => {
    expect(servers.length).toBeGreaterThan(0)
  })

  it.each(servers)('$name counts visits, signs in, and continues after a restart', async ({ text }) => {
    const visitor = browser()
    server = await start(text, folder, cwd)
    expect(await (await visit(visitor)).text()).toBe('Visit 1\n')
    expect((await visit(visitor, 'favicon.ico')).status).toBe(404)
    expect(await (await visit(visitor)).text()).toBe('Visit 2\n')

    await server.stop()
    server = await start(text, folder, cwd)
    expect(await (await visit(visitor)).text()).toBe('Visit 3\n')

    if (!text.includes('/login')) return
    const login = await visit(visitor, 'login', { method: 'POST' })
    expect(login.status).toBe(302)
    expect(login.headers.getSetCookie().join()).toMatch(/\bsession=[\w-]+; Max-Age=604800;.*\bguest=; Max-Age=0/)
    expect(await (await visit(visitor)).text()).toBe('Visit 4\n')
  })

  it('answer as the transcript says', async () => {
    const transcript = readme.blocks.find(({ language, text }) => language === 'console' && text.includes('curl'))
    const [, shown = ''] = /\n(HTTP\/1\.1 200 OK\n.*?)\n\n/s.exec(transcript?.text ?? '') ?? []
    server = await start(servers[0]!.text, folder, cwd)

    const first = await visit(browser())
    const value = /=([\w-]+);/
    const lines = shown.split('\n').slice(1)
    expect(lines.map((line) => line.replace(value, '=…;'))).toEqual([
      `cache-control: ${first.headers.get('cache-control')}`,
      `content-type: ${first.headers.get('content-type')}`,
      `vary: ${first.headers.get('vary')}`,
      `set-cookie: ${first.headers.getSetCookie()[0]?.replace(value, '=…;')}`,
    ])
  })

  async function visit(visitor: ReturnType<typeof browser>, path = '', init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${server?.url}${path}`, {
      redirect: 'manual',
      headers: { Cookie: visitor.cookie },
      ...init,
    })
    visitor.receive(response.headers)
    return response
  }
})

it('the snippet in a handler does what it says, line by line', async () => {
  const [handler] = snippets.filter(({ text }) => snippetKind(text) === 'fragment')
  const { app, seen } = await asHandler(handler!.text)

  const response = await app.request('/', { method: 'POST', body: new URLSearchParams({ remember: 'on' }) })
  expect(response.status).toBe(200)
  expect(seen.get('session.userId')).toBe('42')
  expect(seen.get('session.takeFlashes()')).toEqual([{ category: 'success', message: 'Saved.' }])
  expect(seen.get('session.csrfToken')).toMatch(/^[\w-]{43}$/)
  expect(seen.get('session.isCsrfToken(form.csrf)')).toBe(false)
  expect(seen.get('session.signedInWithin(300)')).toBe(false) // after the sign-out above it
})

it('what it writes into the session is there on the next request', async () => {
  const [handler] = snippets.filter(({ text }) => snippetKind(text) === 'fragment')
  const untilSignedIn = handler!.text.slice(0, handler!.text.indexOf('\n', handler!.text.indexOf('session.signIn')))
  const { app } = await asHandler(untilSignedIn)
  const response = await app.request('/', { method: 'POST', body: new URLSearchParams({ remember: 'on' }) })

  const set = response.headers.getSetCookie().join()
  expect(set).toMatch(/^session=.*Max-Age=604800/)
  const session = await createSessions({ secrets }).open(set.split(';', 1)[0])
  expect(session).toMatchObject({ userId: '42', data: { cart: ['tea'] }, remember: true })
})

it('the table of entries has all that the package exports', async () => {
  const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { exports: object }
  const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json')

  expect(firstCells('| entry |').toSorted()).toEqual(entries.map((entry) => entry.replace('.', 'sojourn')).toSorted())
})

describe('the table of options', () => {
  it('has each of them', () => {
    const unknown = { nonsense: true } as SessionsOptions
    expect(() => createSessions(unknown)).toThrow(`Its options are`)
    const message = catchMessage(() => createSessions(unknown))
    const names = /Its options are (.*)\.$/.exec(message)?.[1]?.split(', ') ?? []

    expect(firstCells('| option |').toSorted()).toEqual(names.toSorted())
  })

  it('has the defaults that hold', async () => {
    let now = Date.parse('2026-03-01T09:00:00Z')
    const shown = (option: string) => Number(new RegExp(`^\\| \`${option}\` \\| (\\d+)`, 'm').exec(readme.text)?.[1])
    const sessions = createSessions({ secrets, now: () => now })
    const begun = now
    const session = await sessions.open(null)
    session.signIn('42')
    let cookie = await keep(session)
    expect(session.expiresAt).toBe(now + shown('idleTimeout') * 1000)
    expect(session.remember).toBe(true)

    now += shown('touchAfter') * 1000 - 1
    expect(await keep(await sessions.open(cookie))).toBe('')
    now += 1
    expect(await keep(await sessions.open(cookie))).not.toBe('')

    for (; now < begun + shown('absoluteTimeout') * 1000; now += 24 * 3600 * 1000) {
      cookie = (await keep(await sessions.open(cookie))) || cookie
    }
    now = begun + shown('absoluteTimeout') * 1000
    expect((await sessions.open(cookie)).outcome).toBe('expired')

    async function keep(each: typeof session): Promise<string> {
      return (await sessions.commit(each)).getSetCookie()[0]?.split(';', 1)[0] ?? ''
    }
  })
})

/** A program that runs the lines of a snippet in a handler of Hono, and notes what each expression gives. */
async function asHandler(text: string): Promise<{ app: Hono; seen: Map<string, unknown> }> {
  const lines = text.split('\n').map((line) => {
    const [code = ''] = line.split(' //')
    return /^session\.[^=]*$/.test(code) ? `seen.set(${JSON.stringify(code)}, ${code})` : code
  })
  const file = join(folder, `handler-${lines.length}.mjs`)
  await writeFile(
    file,
    `import { Hono } from 'hono'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/hono'

export const seen = new Map()
export const app = new Hono()
app.use(sojourn(createSessions({ secrets: ${JSON.stringify(secrets)} })))
app.post('/', async (c) => {
  const form = await c.req.parseBody()
  ${lines.join('\n  ')}
  return c.text('done')
})
`,
  )
  return import(/* @vite-ignore */ pathToFileURL(file).href) as Promise<{ app: Hono; seen: Map<string, unknown> }>
}

/** The words in code in the first cells of a table, which begins so. */
function firstCells(head: string): string[] {
  const table = readme.text.slice(readme.text.indexOf(head)).split('\n\n', 1)[0] ?? ''
  return table.split('\n').flatMap((row) => /^\| `([\w/-]+)` \|/.exec(row)?.[1] ?? [])
}

function catchMessage(action: () => unknown): string {
  try {
    action()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
