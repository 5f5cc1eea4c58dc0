import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './run-command.mjs'
import { describeNeed, findNeeds } from './needs.mjs'

const help = `The tests have three tiers:

npm run test:unit             starts no server and no process; run it on every change
npm test                      the unit tests, and quick tests with servers
npm run drills                browsers, outages, failover, every client; takes minutes
npm test -- --all             all three tiers, every framework, and thousands of schedules of the simulation, as in CI;
                              a skipped test counts as a failure, as with CI=true

npm test -- jar organizer     test files of any tier with one of these words in their path
npm run drills -- failover    drills with this word in their path
npm test -- -t "stays signed" tests of any tier with these words in their name
npm test -- --watch           runs tests again on every change
npm test -- --install         installs missing programs (apt-get as root, or brew); CI=true does this too
SEED=1234 npm run drills      repeats the random choices of the run that printed this seed
All other options are passed to vitest.

Tests that need Chromium, Flask, Redis, Valkey, Postgres or nginx are skipped if the program is missing. The end of the
output lists the programs. To choose a program, set CHROME_PATH, PYTHON (with Flask), REDIS_SERVER, VALKEY_SERVER,
POSTGRES_BIN (a folder with postgres and initdb) or NGINX. Tests start their own servers on free ports.`

/** The vitest projects of each tier. */
const tiers = {
  'test:unit': ['unit', 'unit-isolated'],
  test: ['unit', 'unit-isolated', 'servers'],
  drills: ['drills', 'peers', 'drills-isolated'],
}

/** Runs the tests of a tier, and ends with the line `N passed, N failed, N skipped`. */
export async function test(args, tier = 'test') {
  if (args.includes('--help')) return console.log(help)

  const inCI = isCI(process.env.CI)
  const all = inCI || args.includes('--all')
  const needs = findNeeds(args.includes('--install') || (inCI && process.platform !== 'darwin'))

  const rest = args.filter((arg) => !['--all', '--install'].includes(arg))
  // A search by words looks in all tiers, so that one command runs any test.
  const isSearch = tier === 'test' && (all || hasFilter(rest))
  const projects = isSearch ? [] : tiers[tier].map((project) => `--project=${project}`)
  const { status, tally } = await vitest(
    [...projects, ...rest],
    Object.fromEntries(needs.map(({ env, path }) => [env, path ?? ''])),
  )
  const failsForSkipped = all && tally.skipped > 0
  for (const line of closingLines(needs, tally, failsForSkipped, inCI)) console.log(line)
  process.exitCode = status || (failsForSkipped || tally.failed > 0 ? 1 : 0)
}

async function vitest(args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-tests-'))
  const tallyFile = join(folder, 'tally.json')
  const status = await runCommand(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', ...(args.includes('--watch') ? [] : ['run']), ...args],
    { env: { ...process.env, ...env, SOJOURN_TALLY: tallyFile } },
  )
  try {
    return { status, tally: JSON.parse(readFileSync(tallyFile, 'utf8')) }
  } catch {
    console.log('The test run stopped before it counted its tests.')
    return { status: status || 1, tally: { passed: 0, failed: 1, skipped: 0 } }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Whether the arguments select tests by words of their path or name. */
function hasFilter(args) {
  const flags = ['--watch', '-u', '--update']
  const isWord = (arg, at) =>
    !arg.startsWith('-') && (at === 0 || !args[at - 1].startsWith('-') || flags.includes(args[at - 1]))
  return args.some((arg, at) => isWord(arg, at) || /^(-t|--testNamePattern|--project)\b/.test(arg))
}

function closingLines(needs, { passed, failed, skipped }, failsForSkipped, inCI) {
  return [
    ...needs.map(describeNeed),
    ...(skipped > 0 ? [`  ! Skipped tests: ${skipped}`] : []),
    ...(failsForSkipped ? [`  ! With ${inCI ? 'CI=true' : '--all'}, a skipped test counts as a failure`] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ]
}

function isCI(value) {
  return Boolean(value) && value !== 'false' && value !== '0'
}
