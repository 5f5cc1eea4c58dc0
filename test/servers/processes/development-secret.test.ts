import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)
// As users have it: built. `npm test` builds first.
const library = pathToFileURL(join(import.meta.dirname, '../../..', 'dist', 'index.js')).href
const file = join('node_modules', '.cache', 'sojourn', 'development.key')

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'sojourn-kept-'))))
afterEach(async () => {
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true })
})

/** Runs a server's first lines in a process of its own, with no more of an environment than is given. */
async function start(script: string, env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
  const code = `const { createSessions } = await import(${JSON.stringify(library)});${script}`
  return run(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder, env })
}

const signIn = `
  const sessions = createSessions()
  const session = await sessions.open(null)
  session.signIn('ada')
  console.log((await sessions.commit(session)).getSetCookie()[0].split(';')[0])`

const who = (cookie: string) => `
  const session = await createSessions().open(${JSON.stringify(cookie.trim())})
  console.log(session.outcome, session.userId)`

describe('without a key, in development', () => {
  it('one is made, kept for its owner alone, found again, and said in one line when it is made', async () => {
    const first = await start(signIn)
    const kept = await readFile(join(folder, file), 'utf8')
    const second = await start(who(first.stdout))

    expect(second.stdout).toBe('active ada\n')
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
    expect(kept).toMatch(/^[\w-]{43}\n$/)
    expect(await readFile(join(folder, file), 'utf8')).toBe(kept)
    expect(await readdir(join(folder, file, '..'))).toEqual(['development.key'])
    expect(first.stderr).toMatch(/^sojourn: SECRET_KEY is not set\. Created a development key in .*development\.key\n$/)
    expect(second.stderr).toBe('')
    expect(first.stdout + first.stderr).not.toContain(kept.trim())
  })

  it('one in .env that was not loaded is reported at every start, with how to load it', async () => {
    const load = '\nThe SECRET_KEY in .env was not loaded. Start with: node --env-file=.env server.mjs\n'
    await writeFile(join(folder, '.env'), `SECRET_KEY=${'k'.repeat(43)}`)
    expect((await start(signIn)).stderr).toMatch(/^sojourn: SECRET_KEY is not set\. Created a development key in /)

    for (const file of [`SECRET_KEY=${'k'.repeat(43)}`, 'A=1\r\n export SECRET_KEY = "mine"\r\n', "SECRET_KEY='x'"]) {
      await writeFile(join(folder, '.env'), file)
      const { stderr } = await start(`createSessions();${signIn}`)
      expect(stderr).toMatch(/^sojourn: SECRET_KEY is not set\. Using the development key in .*development\.key\n/)
      expect(stderr.slice(stderr.indexOf('\n'))).toBe(load)
    }
  })

  it('nothing is logged about a .env without one', async () => {
    await start(signIn)
    for (const file of [
      'PORT=3000\n',
      '# SECRET_KEY=mine',
      'SECRET_KEY=\nPORT=1',
      'SECRET_KEY="" # yours',
      'MY_SECRET_KEY=x',
      'SECRET_KEY_FALLBACKS=x',
    ]) {
      await writeFile(join(folder, '.env'), file)
      expect([file, (await start(signIn)).stderr]).toEqual([file, ''])
    }
  })

  it('several processes that start at once agree on it', async () => {
    const started = await Promise.all(Array.from({ length: 5 }, async () => start(signIn)))
    const opened = await Promise.all(started.map(async ({ stdout }) => start(who(stdout))))

    expect(opened.map(({ stdout }) => stdout)).toEqual(Array(5).fill('active ada\n'))
    expect(await readdir(join(folder, file, '..'))).toEqual(['development.key'])
  })

  it.each(['no file', 'a damaged file'])(
    'several worker threads that start at once agree on it, with %s',
    async (state) => {
      const workers = `
      const { Worker } = await import('node:worker_threads')
      const gate = new SharedArrayBuffer(4)
      const code = \`
        import { parentPort, workerData } from 'node:worker_threads'
        import(${JSON.stringify(library)}).then(async ({ createSessions }) => {
          parentPort.postMessage('ready')
          Atomics.wait(new Int32Array(workerData), 0, 0)
          const sessions = createSessions()
          const session = await sessions.open(null)
          session.signIn('ada')
          const headers = await sessions.commit(session)
          parentPort.postMessage(headers.getSetCookie()[0].split(';')[0])
        })\`
      let waiting = 6
      const cookieOf = () => new Promise((resolve) => {
        const worker = new Worker(code, { eval: true, workerData: gate })
        worker.on('message', (message) => {
          if (message !== 'ready') return resolve(message)
          if (--waiting > 0) return
          Atomics.store(new Int32Array(gate), 0, 1)
          Atomics.notify(new Int32Array(gate), 0)
        })
      })
      const cookies = await Promise.all(Array.from({ length: 6 }, cookieOf))
      const sessions = createSessions()
      const opened = await Promise.all(cookies.map((cookie) => sessions.open(cookie)))
      console.log(opened.map((session) => session.outcome).join())`
      for (let times = 0; times < 2; times++) {
        await rm(join(folder, 'node_modules'), { recursive: true, force: true })
        if (state === 'a damaged file') {
          await mkdir(join(folder, file, '..'), { recursive: true })
          await writeFile(join(folder, file), 'short')
        }
        expect((await start(workers)).stdout).toBe(`${Array(6).fill('active').join()}\n`)
      }
    },
  )

  it('one that cannot be stored is of this process only, which is logged', async () => {
    // Not a folder: no file can be stored in it, by any user.
    await writeFile(join(folder, 'node_modules'), '')
    const first = await start(`${signIn};createSessions()`)
    const second = await start(who(first.stdout))

    expect(first.stderr).toMatch(/^sojourn: .*signed out at the next restart.*npx sojourn key --write \.env\n$/)
    expect(second.stderr).toBe(first.stderr)
    expect(second.stdout).toBe('unknown-key null\n')
  })

  it('on Workers, which have no files, one sentence names the file that wrangler reads', async () => {
    await writeFile(join(folder, 'node_modules'), '')
    const workers = `Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Cloudflare-Workers' } });`

    expect((await start(`${workers}${signIn}`)).stderr).toBe(
      'sojourn: SECRET_KEY is not set. The development key cannot be stored: all users will be signed out at the next restart. Create a key: npx sojourn key --write .dev.vars\n',
    )
  })

  it('none is made before the first session opens, since a build opens none', async () => {
    expect((await start('createSessions()')).stderr).toBe('')
    expect(await readdir(folder)).toEqual([])
  })

  it('the key of the environment is used if there is one, and none is stored', async () => {
    const env = { SECRET_KEY: 'x7Kq2-vR9xTz'.padEnd(43, 'ab3d') }
    const first = await start(signIn, env)

    expect((await start(who(first.stdout), env)).stdout).toBe('active ada\n')
    expect(first.stderr).toBe('')
    expect(await readdir(folder)).toEqual([])
  })
})

describe('in production', () => {
  it('no key is created, and no stored development key is used', async () => {
    await start(signIn)
    await expect(start(signIn, { NODE_ENV: 'production' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERR_SECRET_MISSING'),
    })
  })

  it('a process without a key that fails leaves nothing behind', async () => {
    await expect(start(signIn, { NODE_ENV: 'production' })).rejects.toMatchObject({ code: 1 })
    expect(await readdir(folder)).toEqual([])
  })
})
