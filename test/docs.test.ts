import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createSessions } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { documentation, type Block } from './docs/blocks.ts'
import { programFolder, start } from './docs/programs.ts'
import { compile, kindOf, type Project } from './docs/project.ts'
import { repository } from './setup/clone.ts'
import { browser } from './support/browser.ts'
import { secret } from './support/sessions.ts'

const pages = await documentation()
const languages = ['ts', 'sh', 'console', 'python', 'nginx', '']
let folder: string
let cwd: string
const projects = new Map<string, Project>()

beforeAll(async () => {
  vi.stubEnv('SECRET_KEY', secret('docs'))
  vi.stubEnv('FORMER_SECRET_KEY', secret('former'))
  folder = await programFolder('docs-')
  cwd = await mkdtemp(join(tmpdir(), 'docs-cwd-'))
  for (const page of pages) projects.set(page.path, await compile(page, folder))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
  await rm(cwd, { recursive: true, force: true })
})

describe.each(pages)('$path', ({ path, blocks }) => {
  const snippets = (...kinds: string[]): Block[] =>
    blocks.filter(({ language, text }) => language === 'ts' && kinds.includes(kindOf(text)))
  // Its servers and what stands in its handler are tried in a test of their own.
  const isReadme = path === 'README.md'

  it('has blocks that are tried, or known to be of another language', () => {
    expect(blocks.map(({ language }) => language).filter((language) => !languages.includes(language))).toEqual([])
  })

  it('has snippets that compile, by the strictest settings', () => {
    expect(projects.get(path)?.errors).toEqual([])
  })

  it.each(isReadme ? snippets('module') : snippets('fragment', 'module'))('$name runs', async ({ name }) => {
    const { sessions, session } = await surround()
    await (await load(name)).default?.()

    await sessions.commit(session) // what it did to the session can be kept
  })

  it.each(snippets('tests'))('$name passes', async ({ name }) => {
    await promisify(execFile)(process.execPath, [compiled(name)], { cwd, env: { PATH: process.env['PATH'] } })
  })

  it.each(isReadme ? [] : snippets('server'))(
    '$name listens, counts visits and signs in',
    async ({ name, text: program }) => {
      const server = await start(await readFile(compiled(name), 'utf8'), folder, cwd)
      try {
        await useOf(server.url, program)
      } finally {
        await server.stop()
      }
    },
  )
})

it('the .env for Flask and TypeScript is one that both take', async () => {
  const [block] =
    pages.find(({ path }) => path === 'docs/flask.md')?.blocks.filter(({ language }) => language === 'sh') ?? []
  const env = Object.fromEntries((block?.text ?? '').split('\n').map((line) => line.split('=', 2)))
  expect(Object.keys(env)).toContain('SESSION_TYPE')

  const options = await optionsFromEnv({
    ...env,
    SECRET_KEY: secret('one'),
    SECRET_KEY_FALLBACKS: `["${secret('two')}"]`,
  })
  expect(createSessions(options).revocable).toBe(false)
})

describe('docs/sign-in.md', () => {
  it('a new password ends the other sessions, and this one goes on', async () => {
    const [signIn, everyRequest, newPassword] = await under('docs/sign-in.md', '## A new password ends')
    const ada = { id: 'ada', name: 'Ada', generation: 1 }
    const table = {
      check: async () => ada,
      find: async () => ada,
      setPassword: async () => ({ ...ada, generation: (ada.generation += 1) }),
    }
    const { sessions } = await surround()
    const devices = [browser(), browser()] as const
    async function request(device: (typeof devices)[number], ...run: ((() => Promise<unknown>) | undefined)[]) {
      const session = await sessions.open(device.cookie)
      Object.assign(globalThis, { session, people: table })
      for (const each of run) await each?.()
      device.receive(await sessions.commit(session))
      return session.userId
    }
    await request(devices[0], signIn)
    await request(devices[1], signIn)
    expect(await request(devices[1], everyRequest)).toBe('ada')

    await request(devices[0], everyRequest, newPassword)
    expect(await request(devices[0], everyRequest)).toBe('ada')
    expect(await request(devices[1], everyRequest)).toBe(null)
  })

  it('the pages for people who are signed in send others to the login', async () => {
    const [hono] = snippetsWith('docs/sign-in.md', "'sojourn/hono'")
    const { app } = await load(hono!.block.name)
    const response: Response = await app.request('/account/password')
    expect([response.status, response.headers.get('Location')]).toEqual([302, '/login'])

    const Cookie = await signedInAs(createSessions(), 'ada')
    expect((await app.request('/account/password', { headers: { Cookie } })).status).toBe(404)
  })
})

describe('docs/flash-and-csrf.md', () => {
  const own = 'https://shop.example.com'

  it.each([
    ['GET', { 'sec-fetch-site': 'cross-site' }, false],
    ['POST', { 'sec-fetch-site': 'same-origin' }, false],
    ['POST', { 'sec-fetch-site': 'none' }, false],
    ['POST', { 'sec-fetch-site': 'same-site', origin: own }, true],
    ['POST', { 'sec-fetch-site': 'cross-site', origin: own }, true],
    ['POST', { origin: own }, false],
    ['POST', { origin: 'https://other.example' }, true],
    ['POST', { origin: 'null' }, true],
    ['POST', { 'sec-fetch-site': 'new-word', origin: own }, false],
    ['DELETE', {}, true],
  ])('the guard: %s with %o is from another site: %s', async (method, headers: Record<string, string>, refused) => {
    const [guard] = snippetsWith('docs/flash-and-csrf.md', 'export function isCrossSite')
    const [application] = snippetsWith('docs/flash-and-csrf.md', 'app.use(sojourn')
    const { isCrossSite } = await load(guard!.block.name)
    expect(isCrossSite(method, (name: string) => headers[name], own)).toBe(refused)

    const { app } = await load(application!.block.name)
    expect((await app.request('/', { method, headers })).status).toBe(refused ? 403 : 404)
  })
})

it('docs/lifetimes.md: polling is not use', async () => {
  const [polling] = snippetsWith('docs/lifetimes.md', "app.get('/news'")
  const { app } = await load(polling!.block.name)
  const Cookie = await signedInAs(createSessions({ now: () => Date.now() - 2 * 3600 * 1000 }), 'ada')

  const polled: Response = await app.request('/news', { headers: { Cookie } })
  expect(await polled.json()).toEqual(['You have mail.'])
  expect([polled.headers.get('Cache-Control'), polled.headers.getSetCookie()]).toEqual(['no-store', []])

  const used: Response = await app.request('/', { headers: { Cookie } })
  expect(used.headers.getSetCookie()).toHaveLength(1)
})

describe('docs/data.md', () => {
  const messages = pages
    .find(({ path }) => path === 'docs/data.md')!
    .blocks.filter(({ language }) => language === '')
    .map(({ text }) => text.replace(/\s+/g, ' ').replace(/ …$/, ''))

  it.each([
    ['what JSON cannot carry', 0, { cart: [{ added: new Date() }] }],
    ['what is too big', 1, { m: 'x'.repeat(5000) }],
  ])('shows the message for %s', async (_, index, data) => {
    // As in production, where names are longer.
    const sessions = createSessions({ cookie: { secure: true } })
    const error: unknown = await signedInAs(sessions, '42', { data }).catch((thrown: unknown) => thrown)
    expect(messages[index]).toBeTruthy()
    expect((error as Error).message.startsWith(messages[index]!)).toBe(true)
  })

  it('says how much JSON fits into a cookie', async () => {
    const sessions = createSessions({ cookie: { secure: true } })
    await expect(signedInAs(sessions, '42', { data: { m: 'x'.repeat(2800) } })).resolves.toBeTruthy()
    await expect(signedInAs(sessions, '42', { data: { m: 'x'.repeat(2900) } })).rejects.toThrow('4,096')
  })
})

it('docs/logged-out.md has a row for every outcome', async () => {
  const outcomes = (await readFile(join(repository, 'src/outcome.ts'), 'utf8')).matchAll(/^ {2}\| '([\w-]+)'$/gm)
  const { text } = pages.find(({ path }) => path === 'docs/logged-out.md')!
  const table = text.slice(text.indexOf('## Every outcome'), text.indexOf('## No cookie at all'))
  const rows = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([\w-]+)`/g)])

  const named = [...outcomes].map(([, outcome]) => outcome)
  expect(named.length).toBeGreaterThan(10)
  expect(rows.map(([, outcome]) => outcome).toSorted()).toEqual(named.toSorted())
})

/** What the names of docs/README.md stand for: a person who is signed in, and a form of theirs. */
async function surround() {
  const sessions = createSessions()
  const session = await sessions.open(await signedInAs(sessions, 'ada'))
  const form = { name: 'ada', password: 'difference engine', remember: 'on', csrf: session.csrfToken }
  const ada = { id: 'ada', name: 'Ada', generation: 1 }
  const people = { check: async () => ada, find: async () => ada, setPassword: async () => ada }
  const c = { var: { session } }
  Object.assign(globalThis, { session, sessions, form, people, c })
  vi.spyOn(console, 'log').mockImplementation(() => {})
  return { sessions, session }
}

/** Visits a program twice, and signs in where it has a form for that. */
async function useOf(url: string, program: string): Promise<void> {
  const visitor = browser()
  async function visit(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Cookie: visitor.cookie }
    const response = await fetch(new URL(path, url), { redirect: 'manual', ...init, headers })
    visitor.receive(response.headers)
    return response
  }
  if (/visits/.test(program)) {
    expect(await (await visit('/')).text()).toMatch(/\b1\b/)
    expect(await (await visit('/')).text()).toMatch(/\b2\b/)
  }
  if (!/'\/login'/.test(program)) return
  const signedIn = await visit('/login', {
    method: 'POST',
    body: new URLSearchParams({ password: 'difference engine', remember: 'on' }),
  })
  expect([302, 303]).toContain(signedIn.status)
  expect(signedIn.headers.getSetCookie().join()).toMatch(/\bsession=[\w-]+; Max-Age=604800/)
  if (/visits/.test(program)) expect(await (await visit('/')).text()).toMatch(/\b3\b/)
}

function compiled(name: string): string {
  const found = [...projects.values()].flatMap(({ snippets }) => snippets).find(({ block }) => block.name === name)
  if (found === undefined) throw new Error(`${name} was not compiled`)
  return found.file
}

function load(name: string): Promise<Record<string, any>> {
  return import(/* @vite-ignore */ pathToFileURL(compiled(name)).href)
}

function snippetsWith(path: string, text: string) {
  return projects.get(path)!.snippets.filter(({ block }) => block.text.includes(text))
}

/** The fragments under a heading, as functions. */
async function under(path: string, heading: string): Promise<(() => Promise<unknown>)[]> {
  const { text } = pages.find((page) => page.path === path)!
  const from = text.indexOf(`\n${heading}`)
  if (from === -1) throw new Error(`${path} has no ${heading}`)
  const to = text.indexOf('\n## ', from + 1)
  const section = text.slice(from, to === -1 ? undefined : to)
  const { snippets } = projects.get(path)!
  const inside = snippets.filter(({ block, kind }) => kind === 'fragment' && section.includes(block.text))
  return Promise.all(inside.map(async ({ block }) => (await load(block.name))['default'] as () => Promise<unknown>))
}
