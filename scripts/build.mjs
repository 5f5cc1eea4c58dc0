import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runCommand } from './run-command.mjs'

/** In this order, because the organizer is compiled against the library's declarations. */
const projects = ['.', 'organizer']

/** Whether the frameworks are installed whose adapters tsconfig.run.json leaves out. `npm start` does not install them. */
function hasFrameworks() {
  const { exclude } = JSON.parse(readFileSync('tsconfig.run.json', 'utf8'))
  return exclude.every((file) =>
    existsSync(join('node_modules', basename(file, '.ts').replace(/^nest$/, '@nestjs/core'))),
  )
}

const stampFile = 'node_modules/.sojourn-built' // not in dist, which is published

/** Compiles the library and the organizer if their sources changed, or always if `force`; resolves to whether it worked. */
export async function build(force = false) {
  const stamp = sourcesHash()
  const isBuilt = projects.every((project) => existsSync(join(project, 'dist')))
  if (!force && isBuilt && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true

  console.log('Compiling the library and the organizer (tsc) …')
  rmSync(stampFile, { force: true })
  for (const project of projects) {
    if (await compile(project)) continue
    console.error('The build failed: see the errors of tsc above.')
    return false
  }
  writeFileSync(stampFile, stamp)
  return true
}

async function compile(project) {
  const config = join(project, project === '.' && !hasFrameworks() ? 'tsconfig.run.json' : 'tsconfig.build.json')
  const code = await runCommand(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config])
  removeStale(project)
  copyHandWritten(project)
  return code === 0
}

/** Copies declarations that are written by hand, because the compiler does not. */
function copyHandWritten(project) {
  const source = join(project, 'src')
  for (const file of filesIn(source).filter((file) => /[\\/]types[\\/][^\\/]+\.d\.ts$/.test(file))) {
    const copy = join(project, 'dist', file.slice(source.length))
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(file, copy)
  }
}

/** Removes output whose source was deleted, because it would be published. Emptying dist first would break a running server. */
function removeStale(project) {
  const dist = join(project, 'dist')
  for (const file of filesIn(dist)) {
    const [, module] = /^(.+?)(?:\.d\.ts|\.js)$/.exec(file.slice(dist.length)) ?? []
    const sources = ['.ts', '.tsx', '.d.ts'].map((end) => join(project, 'src', module + end))
    if (!module || !sources.some((source) => existsSync(source))) rmSync(file)
  }
}

/** Hashes contents instead of times, because changing branches touches unchanged files, and a deleted file has no time. */
function sourcesHash() {
  const hash = createHash('sha256').update(`${hasFrameworks()}`)
  const files = ['package.json', 'tsconfig.base.json', 'tsconfig.run.json', 'scripts/build.mjs']
  for (const project of projects) {
    files.push(join(project, 'tsconfig.build.json'), ...filesIn(join(project, 'src')))
  }
  for (const file of files.toSorted()) hash.update(`\0${file}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

function filesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
