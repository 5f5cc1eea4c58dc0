import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

interface Manifest {
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly sojourn: { readonly stores?: readonly string[]; readonly isLarge?: boolean }
}

const folder = `${repository}/frameworks`
const entries = readdirSync(folder, { withFileTypes: true })
const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)

/** The variable with the program of each store that is a server. */
const servers: Readonly<Record<string, string>> = { redis: 'REDIS_SERVER', postgres: 'POSTGRES_BIN' }

/** How many visits each store has at the least, and an outage. */
const [leastVisits, outageVisits] = [17, 2]

// Installs, builds and starts each application, as `npm run frameworks` does.
for (const name of names) {
  const { os, cpu, sojourn } = JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as Manifest
  const { stores = ['cookies'], isLarge } = sojourn
  // Each takes a minute or more, so only `npm run frameworks` runs them.
  if (isLarge) continue
  const isHere = os === undefined || (os.includes(process.platform) && cpu!.includes(process.arch))
  const hasServers = stores.every((store) => !(store in servers) || process.env[servers[store]!])

  it.runIf(isHere && hasServers)(`an application of ${name} passes every check`, { timeout: 480_000 }, async () => {
    const args = ['scripts/run.mjs', 'frameworks', name]
    const run = promisify(execFile)(process.execPath, args, { cwd: repository })
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error)
    const [, passed = 0] = / (\d+) passed, 0 failed/.exec(stdout) ?? []
    // With what was printed, because a difference of two numbers would leave out the reason. The reason begins with a cross.
    if (Number(passed) < leastVisits * stores.length + outageVisits)
      expect.fail(stderr.slice(Math.max(0, stderr.indexOf('✗'))) + stdout)
  })
}
