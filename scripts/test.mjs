import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { child } from './child.mjs'
import { describeNeed, findNeeds } from './needs.mjs'

const help = `npm test                      everything
npm test -- jar organizer     only test files with such a word in their path
npm test -- -t "stays signed" only tests with such a name
npm test -- --watch           again on every change
npm test -- --all             a test that did not run is a failure, as with CI=true
npm test -- --install         installs what is missing (apt-get as root, brew); with CI=true that needs no asking
All else is handed to vitest.

Tests that need Chromium, Flask, Redis, Valkey, Postgres or nginx are skipped without it, and the end says so. What is
elsewhere is named by CHROME_PATH, PYTHON (one that has Flask), REDIS_SERVER, VALKEY_SERVER, POSTGRES_BIN (a folder with
postgres and initdb) and NGINX. Tests start servers of their own, on ports that are free.`

/** Runs the tests once, and ends with the line `N passed, N failed, N skipped`. */
export async function test(args) {
  if (args.includes('--help')) return console.log(help)

  const inCI = isCI(process.env.CI)
  const all = inCI || args.includes('--all')
  const needs = findNeeds(args.includes('--install') || (inCI && process.platform !== 'darwin'))

  const { status, tally } = await vitest(
    args.filter((arg) => !['--all', '--install'].includes(arg)),
    Object.fromEntries(needs.map(({ env, path }) => [env, path ?? ''])),
  )
  const lost = all && tally.skipped > 0
  for (const line of closing(needs, tally, lost, inCI)) console.log(line)
  process.exitCode = status || (lost || tally.failed > 0 ? 1 : 0)
}

async function vitest(args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-tests-'))
  const tallyFile = join(folder, 'tally.json')
  const reporters = ['--reporter=default', '--reporter=./scripts/tally.mjs']
  const status = await child(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', ...(args.includes('--watch') ? [] : ['run']), ...reporters, ...args],
    { env: { ...process.env, ...env, SOJOURN_TALLY: tallyFile } },
  )
  try {
    return { status, tally: JSON.parse(readFileSync(tallyFile, 'utf8')) }
  } catch {
    console.log('The run itself broke before it could be counted.')
    return { status: status || 1, tally: { passed: 0, failed: 1, skipped: 0 } }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function closing(needs, { passed, failed, skipped }, lost, inCI) {
  return [
    ...needs.map(describeNeed),
    ...(skipped > 0 ? [`  ! Tests that did not run: ${skipped}`] : []),
    ...(lost ? [`  ! With ${inCI ? 'CI=true' : '--all'} a test that did not run is a failure`] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ]
}

function isCI(value) {
  return Boolean(value) && value !== 'false' && value !== '0'
}
