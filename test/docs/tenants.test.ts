import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Hono } from 'hono'
import { createSessions } from 'sojourn'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readPage } from '../support/docs/blocks.ts'
import { programFolder } from '../support/docs/programs.ts'
import { compile, type Project } from '../support/docs/project.ts'
import { secret } from '../support/sessions.ts'

let folder: string
let project: Project

beforeAll(async () => {
  vi.stubEnv('SECRET_KEY', secret('docs'))
  folder = await programFolder('tenants-')
  ;[project] = (await compile([await readPage('docs/tenants.md')], folder)) as [Project]
}, 60_000)

afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

it('a cookie of one tenant opens nothing at another, and an unknown host is not found', async () => {
  const app = await appWith('sessionsFor')
  const login = await app.request('http://acme.example.com/login', { method: 'POST' })
  const headers = { Cookie: login.headers.getSetCookie()[0]!.split(';', 1)[0]! }

  expect(await (await app.request('http://acme.example.com/', { headers })).text()).toBe('42')
  expect(await (await app.request('http://globex.example.com/', { headers })).text()).toBe('guest')
  expect((await app.request('http://other.example.com/')).status).toBe(404)
})

it('a user chooses a tenant that they belong to, and no other', async () => {
  const app = await appWith('members')
  let headers = { Cookie: await signedInAs(createSessions(), '42') }
  const choose = (tenant: string) => app.request(`/tenants/${tenant}`, { method: 'POST', headers })

  expect((await choose('initech')).status).toBe(404)
  const chosen = await choose('globex')
  headers = { Cookie: chosen.headers.getSetCookie()[0]!.split(';', 1)[0]! }
  expect(await (await app.request('/', { headers })).text()).toBe('42 at globex')
})

async function appWith(text: string): Promise<Hono> {
  expect(project.errors).toEqual([])
  const snippet = project.snippets.find(({ block }) => block.text.includes(text))
  const module: { app: Hono } = await import(/* @vite-ignore */ pathToFileURL(snippet!.file).href)
  return module.app
}
