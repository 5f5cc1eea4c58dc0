// Runs the simulation on each mutant of the library: a plausible mistake, kept as a small patch. Each must be found in time. The model
// has a hole where one is not found. A failure that the library without the mistake shows as well does not count.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSimulator } from './build.mjs'
import { runJob } from './workers.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = fileURLToPath(new URL('mutants/', import.meta.url))
const cache = join(root, '.cache/simulation')

/** The simulator with the library as it is. */
const clean = join(cache, 'clean.mjs')
let isCleanBuilt

export const mutants = readdirSync(folder)
  .filter((file) => file.endsWith('.patch'))
  .map((file) => file.replace('.patch', ''))

/**
 * Searches for a schedule that fails only with a mutant. Resolves to the rule that it breaks and the processor time of the search, or to
 * `null`.
 *
 * @param {string} name
 * @param {number} seed
 * @param {number} seconds
 * @param {string} [node] another Node
 */
export async function findMutant(name, seed, seconds, node) {
  const patch = join(folder, `${name}.patch`)
  const [, focus] = /^focus: (\w+)/.exec(readFileSync(patch, 'utf8'))
  const bundle = join(cache, `${name}.mjs`)
  await Promise.all([buildSimulator(bundle, patchedSources(patch)), (isCleanBuilt ??= buildSimulator(clean))])
  let used = 0
  for (let first = seed; used < seconds;) {
    const job = {
      kind: 'search',
      seed: first,
      step: 1,
      seconds: seconds - used,
      isCpuTime: true,
      focus,
      shrinks: false,
    }
    const { failure, took } = await runJob(bundle, job, undefined, node)
    used += took
    if (failure === null) return null
    const { rules } = await runJob(clean, { kind: 'repeat', plan: failure.plan }, undefined, node)
    if (!rules.includes(failure.rule)) return { rule: failure.rule, seconds: used }
    first = failure.seed + 1
  }
  return null
}

/** Returns the sources that a patch changes, by their path. */
function patchedSources(patch) {
  const copy = mkdtempSync(join(tmpdir(), 'sojourn-mutant-'))
  try {
    const files = [...readFileSync(patch, 'utf8').matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file)
    for (const file of files) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      cpSync(join(root, file), join(copy, file))
    }
    execFileSync('git', ['apply', patch], { cwd: copy, stdio: 'pipe' })
    return new Map(files.map((file) => [join(root, file), readFileSync(join(copy, file), 'utf8')]))
  } finally {
    rmSync(copy, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const seed = Math.floor(Math.random() * 1e9)
  console.log(`Seed ${seed}`)
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : mutants) {
    const found = await findMutant(name, seed, 30)
    console.log(`${name}: ${found === null ? 'NOT FOUND' : `${found.rule} (${found.seconds.toFixed(1)} s)`}`)
  }
}
