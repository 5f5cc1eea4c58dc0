// Frameworks whose adapters are tried by the project's own tests, over sockets: there is nothing to build.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The package of each, and its tests in test/adapters. */
const suites = {
  express: ['express', 'sockets-express5.test.ts', 'sockets-responses-express5.test.ts'],
  fastify: ['fastify', 'sockets-fastify.test.ts'],
  h3: ['h3', 'sockets-h3.test.ts'],
  hono: ['hono', 'sockets-hono.test.ts'],
  koa: ['koa', 'sockets-koa.test.ts'],
  nest: ['@nestjs/core', 'sockets-nest-express.test.ts', 'sockets-nest-fastify.test.ts'],
}

export const suiteNames = Object.keys(suites)

/** Runs the tests of a framework. Resolves to its package, its version, and how many tests passed and failed. */
export async function runSuite(name) {
  const [host, ...files] = suites[name]
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', host, 'package.json'), 'utf8'))
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-frameworks-'))
  try {
    const report = join(folder, 'report.json')
    const paths = files.map((file) => `test/adapters/${file}`)
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${report}`, ...paths]
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    await new Promise((resolve) => child.once('close', resolve))
    const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
    const failures = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
    return { host, version, checks: { passed: () => numPassedTests, failures } }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
