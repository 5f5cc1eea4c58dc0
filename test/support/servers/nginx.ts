import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'

/** The nginx that `npm test` found; `undefined` when there is none. */
export const nginx = process.env['NGINX'] || undefined

/** Groups tests that need nginx. Without it they are skipped: `npm test` says so, and fails where CI is set. */
export const describeNginx = nginx === undefined ? describe.skip : describe

/** An nginx of one test file. */
export interface Nginx {
  /** Gives it another configuration, without losing a request. */
  reload(configuration: string): Promise<void>
  /** Ends it, and removes its folder. */
  stop(): Promise<void>
}

/** Starts nginx with a configuration, in a folder of its own. @throws what nginx says where it does not take it */
export async function startNginx(configuration: string): Promise<Nginx> {
  if (nginx === undefined) throw new Error('There is no nginx: set NGINX, or run `npm test`')
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-nginx-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  const file = join(folder, 'nginx.conf')
  const write = (text: string) => writeFileSync(file, text.replace('http {', `http {\n${temporary.join('\n')}`))
  write(configuration)
  const args = ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'pid nginx.pid;']

  const checked = await run([...args, '-t'])
  if (checked.code !== 0) {
    rmSync(folder, { recursive: true })
    throw new Error(`nginx: ${checked.err}`)
  }
  const { code, err } = await run(args) // it continues in the background once it listens
  if (code !== 0) throw new Error(`nginx: ${err}`)
  return {
    async reload(changed) {
      write(changed)
      const reloaded = await run([...args, '-s', 'reload'])
      if (reloaded.code !== 0) throw new Error(`nginx: ${reloaded.err}`)
    },
    async stop() {
      await run([...args, '-s', 'stop'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function run(args: string[]): Promise<{ code: number | null; err: string }> {
  // By a variable of that name, one nginx hands its sockets to the next.
  const { NGINX: _, ...env } = process.env
  const child = spawn(nginx!, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.on('data', (text) => (err += text))
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, err }
}
