import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '../repository.ts'
import { freePort, untilAnswered } from '../servers/server.ts'

/** A program that runs, and listens. */
export interface Running {
  readonly url: string
  stop(): Promise<void>
}

const packages = ['sojourn', 'hono', '@hono', 'express', 'fastify', 'h3', 'koa', 'libsql', '@types'].concat(
  ['@nestjs', 'rxjs', 'reflect-metadata'],
  ['redis', 'ioredis', 'iovalkey', '@valkey', 'pg', 'postgres', '@electric-sql'], // clients of servers
  ['arctic', 'openid-client', '@simplewebauthn', '@playwright'],
)

/** A folder in which programs find the packages that this repository has, the library among them. */
export async function programFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  await mkdir(join(folder, 'node_modules'))
  for (const name of packages) {
    await symlink(join(repository, 'node_modules', name), join(folder, 'node_modules', name))
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, code] of Object.entries(standIns)) {
    await mkdir(join(folder, 'node_modules', name))
    await writeFile(join(folder, 'node_modules', name, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
    await writeFile(join(folder, 'node_modules', name, 'index.js'), code)
  }
  return folder
}

/** For drivers that are not here, or not in this Node: those that have the same interface, or all that stores call. */
const standIns = {
  'better-sqlite3': "export { default } from 'libsql'",
  'node-sqlite': "export { default as DatabaseSync } from 'libsql'",
  'bun-sqlite': "export { default as Database } from 'libsql'",
  'bun-clients': `import postgres from 'postgres'
export { Redis as RedisClient } from 'ioredis'
export function SQL(url) { return postgres(url) }`,
}

/** A program that takes the stand-ins of what only other hosts have. */
export function withStandIns(program: string): string {
  const isBuiltIn = process.getBuiltinModule('node:sqlite') !== undefined
  const onThisNode = isBuiltIn ? program : program.replaceAll("'node:sqlite'", "'node-sqlite'")
  return onThisNode.replaceAll("'bun:sqlite'", "'bun-sqlite'").replaceAll("'bun'", "'bun-clients'")
}

/** Stands for Bun and Deno, and calls what Workers call: each with a Request, as they do. */
const host = `
import { serve } from '@hono/node-server'
const [file, port] = process.argv.slice(2)
globalThis.Bun = { serve: (options) => serve(options) }
globalThis.Deno = { serve: (options, fetch) => serve({ ...options, fetch }) }
const { default: worker } = await import(file)
if (worker) serve({ fetch: (request) => worker.fetch(request, { GREETING: 'Hello' }, {}), port: Number(port) })
`

/**
 * Starts a program of the documentation on a port of its own, in place of the 3000 that it names.
 *
 * @param cwd where it runs, and keeps its key
 * @param place a folder from which programs find their packages
 */
export async function start(
  program: string,
  place: string,
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const port = await freePort()
  const file = join(place, `server-${port}.mjs`)
  await writeFile(file, program.replace(/\b3000\b/g, String(port)))
  await writeFile(join(place, 'host.mjs'), host)
  const child = spawn(process.execPath, [...flags(env), join(place, 'host.mjs'), file, String(port)], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const url = `http://localhost:${port}/`
  const died = once(child, 'exit').then(() => Promise.reject(new Error(`The program ended: ${said}`)))
  died.catch(() => {})
  await Promise.race([untilAnswered(url), died])
  return { url, stop: () => stop(child) }
}

const flags = ({ NODE_ENV }: NodeJS.ProcessEnv): string[] => (NODE_ENV === 'production' ? ['--env-file=.env'] : [])

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}
