import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Hono } from 'hono'
import { createSessions } from 'sojourn'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { authenticator } from '../support/docs/authenticator.ts'
import { readPage } from '../support/docs/blocks.ts'
import { identityProvider } from '../support/docs/identity-provider.ts'
import { programFolder } from '../support/docs/programs.ts'
import { compile, type Project } from '../support/docs/project.ts'
import { browser, type Browser } from '../support/browser.ts'
import { secret } from '../support/sessions.ts'

let folder: string
let project: Project
const provider = identityProvider()

beforeAll(async () => {
  vi.stubEnv('SECRET_KEY', secret('docs'))
  vi.stubEnv('OIDC_SECRET', 'secret of the client')
  vi.stubGlobal('fetch', provider.fetch)
  folder = await programFolder('oauth-')
  ;[project] = (await compile([await readPage('docs/oauth-and-passkeys.md')], folder)) as [Project]
}, 60_000)

afterAll(async () => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  await rm(folder, { recursive: true, force: true })
})

describe.each([
  ['oidc.ts', '/login'],
  ['github.ts', '/login/github'],
])('%s', (file, login) => {
  let app: Hono
  let visitor: Browser
  beforeEach(async () => {
    app = await load(file)
    visitor = browser()
  })

  it('signs a user in', async () => {
    await finish(await start())
    expect(await whoIs()).toMatch(/\b42$/)
  })

  it('lets each of four tabs finish, in any order', async () => {
    const tabs = [await start(), await start(), await start(), await start()]
    for (const tab of [2, 0, 3, 1]) {
      const response = await finish(tabs[tab]!)
      expect([tab, response.status, response.headers.get('Location')]).toEqual([tab, 302, '/'])
      expect(await whoIs()).toMatch(/\b42$/)
    }
  })

  it('takes each answer once, and none of another browser', async () => {
    const url = await start()
    const [own, other] = [visitor, browser()]
    visitor = other
    await finish(url)
    expect(await whoIs()).toBe('guest')

    visitor = own
    await finish(url)
    const cookie = visitor.cookie
    await finish(url)
    expect(await whoIs()).toMatch(/\b42$/)
    expect(visitor.cookie).toBe(cookie)
  })

  it('remembers five attempts of a browser, and none for more than ten minutes', async () => {
    const tabs = [await start(), await start(), await start(), await start(), await start(), await start()]
    await finish(tabs[0]!)
    expect(await whoIs()).toBe('guest')

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 })
    await finish(tabs[5]!)
    vi.useRealTimers()
    expect(await whoIs()).toBe('guest')
  })

  /** Starts to sign in, as a link does; resolves to the provider's address. */
  async function start(): Promise<string> {
    return (await visit(login)).headers.get('Location') ?? ''
  }

  /** Signs in at the provider, and comes back. */
  function finish(authorizationUrl: string): Promise<Response> {
    const { pathname, search } = new URL(provider.signIn(authorizationUrl, '42'))
    return visit(pathname + search)
  }

  const whoIs = async (): Promise<string> => (await visit('/')).text()

  async function visit(path: string): Promise<Response> {
    const response = await app.request(path, { headers: { Cookie: visitor.cookie } })
    visitor.receive(response.headers)
    return response
  }
})

describe('oidc.ts', () => {
  it('shows a message if the user cancels at the provider', async () => {
    const app = await load('oidc.ts')
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const login = await app.request('/login')
    const state = new URL(login.headers.get('Location')!).searchParams.get('state')
    const Cookie = login.headers.getSetCookie()[0]!.split(';', 1)[0]!
    const response = await app.request(`/login/callback?error=access_denied&state=${state}`, { headers: { Cookie } })

    const session = await createSessions().open(response.headers.getSetCookie()[0]!.split(';', 1)[0])
    expect([session.userId, session.takeFlashes()[0]?.message]).toEqual([null, 'The sign-in was cancelled or failed.'])
  })
})

describe('passkeys.ts', () => {
  it('registers a passkey, and signs in with it, each challenge once', async () => {
    const app = await load('passkeys.ts')
    const passkey = authenticator('https://shop.example.com', 'shop.example.com')
    const [owner, later] = [browser(), browser()]
    const [name = '', value = ''] = (await signedInAs(createSessions(), 'ada')).split(/=(.*)/s)
    owner.put(name, value)

    const registration = await post(owner, '/passkeys/options')
    expect((await post(owner, '/passkeys', passkey.register(registration.body.challenge))).status).toBe(200)

    const attempt = await post(later, '/login/options')
    const answer = passkey.authenticate(attempt.body.challenge)
    expect((await post(browser(), '/login', answer)).status).toBe(500) // another browser: unknown challenge
    expect((await post(later, '/login', answer)).body).toEqual({ userId: 'ada' })
    expect((await post(later, '/login', answer)).status).toBe(500) // used up

    async function post(visitor: Browser, path: string, body: object = {}) {
      const headers = { Cookie: visitor.cookie, 'Content-Type': 'application/json' }
      const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
      visitor.receive(response.headers)
      const answered = response.ok ? ((await response.json()) as { challenge: string }) : null
      return { status: response.status, body: answered as { challenge: string } }
    }
  })
})

async function load(file: string): Promise<Hono> {
  expect(project.errors).toEqual([])
  const snippet = project.snippets.find(({ block }) => block.text.startsWith(`// ${file}\n`))
  const module: { app: Hono } = await import(/* @vite-ignore */ pathToFileURL(snippet!.file).href)
  return module.app
}
