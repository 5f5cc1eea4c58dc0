// Runs every command of the project, so that each works in a fresh clone: install if needed, build if needed, run.
// These are not pre-scripts of npm, because npm skips pre-scripts if ignore-scripts is set.
import { fileURLToPath } from 'node:url'
import { stopWithNpm } from './run-command.mjs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Sojourn needs Node 20.19 or newer; this is ${process.version}. Get one: https://nodejs.org/en/download`,
  )
  process.exit(1)
}

const commands = {
  start: () => run('organizer/dist/main.js'),
  people: () => run('organizer/dist/people.js'),
  cluster: () => run('scripts/cluster.mjs'),
  bench: () => run('bench/main.mjs'), // its other libraries have their own lock file
  simulate: () => run('test/simulation/simulate.mjs'),
  build: () => {},
  'test:unit': () => runTests(),
  drills: () => runTests(),
  test: () => runTests(),
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const [name, ...args] = process.argv.slice(2)
if (!Object.hasOwn(commands, name)) {
  console.error(`Use: npm start, npm test, npm run ${Object.keys(commands).slice(1, -1).join(', npm run ')}`)
  process.exit(2)
}

stopWithNpm()
const runsTests = ['test', 'test:unit', 'drills'].includes(name)
if (!((runsTests || ['bench', 'cluster', 'simulate'].includes(name)) && args.includes('--help'))) {
  const { runExclusively } = await import('./run-exclusively.mjs')
  const { install } = await import('./install.mjs')
  const { build } = await import('./build.mjs')
  const prepare = async () =>
    (await install()) && (await build(name === 'build')) && (name !== 'bench' || install('bench'))
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
