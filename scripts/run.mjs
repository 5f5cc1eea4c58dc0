// Runs every command of the project, so that each works in a fresh clone: install if needed, build if needed, run.
// These are not pre-scripts of npm, because npm skips pre-scripts if ignore-scripts is set.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stopWithNpm } from './run-command.mjs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Sojourn needs Node 20.19 or newer; this is ${process.version}. Get one: https://nodejs.org/en/download`,
  )
  process.exit(1)
}

/** The commands that need packages of a folder of their own, with their own lock file. */
const ownPackages = { bench: 'bench', test: 'test/peers', drills: 'test/peers', types: 'test/peers' }

const commands = {
  start: () => run('organizer/dist/main.js'),
  people: () => run('organizer/dist/people.js'),
  cluster: () => run('scripts/cluster.mjs'),
  bench: () => run('bench/main.mjs'),
  frameworks: () => run('frameworks/run.mjs'), // each of its applications has a lock file of its own
  simulate: () => run('test/simulation/simulate.mjs'),
  build: () => {},
  types: () => {}, // npm runs the compiler once all packages are there
  'test:unit': () => runTests(),
  drills: () => runTests(),
  test: () => runTests(),
}

/** The programs of the application, with the source of their help. They cannot print it before packages are installed. */
const helpSources = {
  start: 'organizer/src/server/help.ts',
  people: 'organizer/src/people.ts',
  cluster: 'scripts/cluster.mjs',
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const [name, ...args] = process.argv.slice(2)
if (!Object.hasOwn(commands, name)) {
  console.error(`Use: npm start, npm test, npm run ${Object.keys(commands).slice(1, -1).join(', npm run ')}`)
  process.exit(2)
}

const asksForHelp = args.includes('--help') || args.includes('-h')
if (asksForHelp && Object.hasOwn(helpSources, name)) {
  console.log(readHelp(helpSources[name]))
  process.exit()
}

stopWithNpm()
const isApplication = Object.hasOwn(helpSources, name)
const runsTests = ['test', 'test:unit', 'drills'].includes(name)
// Of the tests that need packages of their own, `npm test` alone runs none.
const ownFolder = name === 'test' && args.length === 0 && !process.env.CI ? undefined : ownPackages[name]
if (!((runsTests || ['bench', 'frameworks', 'simulate'].includes(name)) && asksForHelp)) {
  const { runExclusively } = await import('./run-exclusively.mjs')
  const { install } = await import('./install.mjs')
  const { build } = await import('./build.mjs')
  const prepare = async () =>
    (await install('.', isApplication ? 'run' : 'all')) &&
    (await build(name === 'build')) &&
    (ownFolder === undefined || install(ownFolder))
  if (!(await runExclusively(prepare))) {
    if (runsTests) console.log('No test ran.\n0 passed, 1 failed, 0 skipped')
    process.exit(1)
  }
}
await commands[name]()

async function runTests() {
  const { test } = await import('./test.mjs')
  await test(args, name)
}

/** Runs a file in this process, so that it gets signals and the terminal directly, and no second Node starts. */
async function run(path) {
  const file = new URL(`../${path}`, import.meta.url)
  process.argv.splice(1, Infinity, fileURLToPath(file), ...args)
  await import(file.href)
}

/** Reads a help text from its source, because nothing may be installed or compiled yet. */
function readHelp(path) {
  return /\bhelp = `([^`]*)`/.exec(readFileSync(path, 'utf8'))[1]
}
