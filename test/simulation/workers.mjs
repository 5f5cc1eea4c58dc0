import { execFile } from 'node:child_process'

// Few collections of all garbage, because each drops machine code that is compiled again then, and none in other threads, because each
// core has its process.
const flags = ['--heap-growing-percent=2000', '--max-semi-space-size=64', '--single-threaded-gc', '--no-warnings']

/**
 * Gives a job to a process of the simulator, and resolves to its result.
 *
 * @param {string} bundle
 * @param {object} job
 * @param {AbortSignal} [signal] ends the process
 * @param {string} [node] another Node
 */
export function runJob(bundle, job, signal, node = process.execPath) {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 2 ** 28, ...(signal && { signal }), env: { ...process.env, NODE_ENV: 'test' } }
    execFile(node, [...flags, bundle, JSON.stringify(job)], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`The simulator has stopped: ${stderr || error.message}`, { cause: error }))
      else resolve(JSON.parse(stdout))
    })
  })
}

/**
 * Returns the pairs of a state and a fault in which no visitor came.
 *
 * @param {readonly { coverage: readonly [string, number][] }[]} results
 */
export const emptyCells = (results) =>
  results[0].coverage
    .map(([cell]) => cell)
    .filter((cell) => results.every(({ coverage }) => new Map(coverage).get(cell) === 0))

/**
 * Searches with several processes, each with its share of the seeds. Resolves to the results; the search ends when one has failed.
 *
 * @param {string} bundle
 * @param {{ seed: number, seconds: number, isCpuTime?: boolean, last?: number, focus?: string, shrinks: boolean }} job
 * @param {number} workers
 * @param {string} [node] another Node
 * @returns {Promise<any[]>}
 */
export async function search(bundle, job, workers, node) {
  const shares = Array.from({ length: workers }, (_, index) => ({
    ...job,
    kind: 'search',
    seed: job.seed + index,
    step: workers,
  }))
  return Promise.all(shares.map((share) => runJob(bundle, share, undefined, node)))
}

/**
 * Returns the story of the first schedule that fails, and the command that repeats it; an empty text if none does.
 *
 * @param {readonly any[]} results
 * @param {string} [focus]
 */
export function tellFailure(results, focus) {
  const failure = results.map((result) => result.failure).find(Boolean)
  if (failure === undefined) return ''
  const more = focus === undefined ? '' : ` --focus ${focus}`
  return `A promise does not hold: ${failure.rule}

${failure.story}

Repeat it: npm run simulate -- --seed ${failure.seed} --workers 1${more}
Keep it as a regression, in test/simulation/regressions/${failure.rule}.json:
${JSON.stringify(failure.plan)}`
}
