import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from './setup/clone.ts'
import { freePort, untilAnswered } from './setup/server.ts'

const readme = await readFile(join(repository, 'README.md'), 'utf8')

/** The first fenced block of a language in the README. */
function block(language: string): string {
  const [, text] =
    new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's').exec(readme.slice(readme.indexOf('## Five lines'))) ?? []
  if (text === undefined) throw new Error(`README.md has no ${language} block`)
  return text
}

describe('the five lines of the README', () => {
  let folder: string
  let server: ChildProcess | null = null
  let url: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'readme-'))
    const port = await freePort()
    url = `http://127.0.0.1:${port}/`
    await mkdir(join(folder, 'node_modules'))
    for (const name of ['sojourn', 'hono', '@hono']) {
      await symlink(join(repository, 'node_modules', name), join(folder, 'node_modules', name))
    }
    await writeFile(join(folder, 'server.mjs'), block('ts').replace('port: 3000', `port: ${port}`))
  })

  afterEach(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function start(): Promise<void> {
    server = spawn(process.execPath, ['server.mjs'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      stdio: 'ignore',
    })
    await untilAnswered(url)
  }

  async function stop(): Promise<void> {
    if (server === null) return
    server.kill()
    await once(server, 'exit')
    server = null
  }

  it('run, answer as the transcript says, and count on after a restart', async () => {
    const [, shown = ''] = /\n(HTTP\/1\.1 200 OK\n.*?)\n\n/s.exec(block('console')) ?? []
    await start()

    const first = await fetch(url)
    const cookie = first.headers.getSetCookie()[0] ?? ''
    const value = /=([\w-]+);/
    expect(await first.text()).toBe('Visit 1\n')
    const lines = shown.split('\n').slice(1)
    expect(lines.map((line) => line.replace(value, '=…;'))).toEqual([
      `cache-control: ${first.headers.get('cache-control')}`,
      `content-type: ${first.headers.get('content-type')}`,
      `vary: ${first.headers.get('vary')}`,
      `set-cookie: ${cookie.replace(value, '=…;')}`,
    ])

    const Cookie = cookie.split(';', 1)[0] ?? ''
    const second = await fetch(url, { headers: { Cookie } })
    expect(await second.text()).toBe('Visit 2\n')

    await stop()
    await start()
    const third = await fetch(url, { headers: { Cookie: second.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' } })
    expect(await third.text()).toBe('Visit 3\n')
  })
})
