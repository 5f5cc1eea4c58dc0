import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Something that is measured, in a process of its own, so that no library disturbs another.
 *
 * @typedef {object} Subject
 * @property {string} row its name in the tables
 * @property {boolean} [isOurs] whether it is Sojourn, so that `--against` measures it
 * @property {string} [plain] the row whose figures are subtracted from its own
 * @property {number} [minNode] the oldest major version of Node that has what it needs
 * @property {boolean} [onEachNode] whether it is measured by another Node too
 * @property {(settings: any) => object | Promise<object>} start runs in that process; imports what it needs; resolves to
 *   the functions that the bench calls
 *
 * @typedef {Subject & { base: string, checkout?: string, node?: string }} Variant a subject with a revision and a Node
 */

// A process that waits for its turn must keep its young generation and its compiled code. V8 takes both from idle
// processes, and getting them back would cost some 2 µs a request.
const keepCaches = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--no-memory-reducer',
  '--no-flush-bytecode',
  '--no-warnings',
]

/**
 * Returns the subjects to measure: those that were asked for, also by the other Node and with the other revision.
 *
 * @param {readonly Subject[]} subjects
 * @param {{ words: readonly string[] | null, otherNode?: { path: string, version: string, name: string }, other?: { checkout: string, name: string } }} options
 * @returns {Variant[]}
 */
export function selectVariants(subjects, { words, otherNode, other }) {
  const runsOn = (version) => (subject) => (subject.minNode ?? 0) <= Number.parseInt(version, 10)
  const named = subjects.map((subject) => ({ ...subject, base: subject.row }))
  const all = named.filter(runsOn(process.versions.node))
  if (otherNode) {
    const rename = (row) => row && `${row}, ${otherNode.name}`
    const again = named.filter(({ onEachNode }) => onEachNode).filter(runsOn(otherNode.version))
    all.push(...again.map((one) => ({ ...one, row: rename(one.row), plain: rename(one.plain), node: otherNode.path })))
  }
  const isChosen = ({ row, isOurs }) =>
    (!other || isOurs) && (!words || words.some((each) => row.toLowerCase().includes(each)))
  const chosen = all.filter(isChosen)
  const plain = all.filter((one) => !isChosen(one) && chosen.some((each) => each.plain === one.row))
  const atOther = chosen.filter(({ isOurs }) => other && isOurs)
  return [
    ...plain,
    ...chosen,
    ...atOther.map((one) => ({ ...one, row: rowAt(one.row, other.name), checkout: other.checkout })),
  ]
}

/** The row of the same subject with another revision. */
export const rowAt = (row, revision) => `${row} @ ${revision}`

/**
 * Starts a subject in a process of its own. Returns its functions, which resolve to what they return there.
 *
 * @param {string} module URL of the module whose `subjects` has it
 * @param {Variant} variant
 * @param {object} [settings] for its `start`
 */
export async function startSubject(module, { row, base, node, checkout }, settings = {}) {
  const child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), [module, base, JSON.stringify(settings)], {
    env: { ...process.env, NODE_ENV: 'production', ...(checkout && { BENCH_CHECKOUT: checkout }) },
    execArgv: keepCaches,
    execPath: node ?? process.execPath,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errorOutput = ''
  child.stderr.on('data', (chunk) => (errorOutput += chunk))
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The process of "${row}" ended with ${code}.\n${errorOutput}`)
  })
  failed.catch(() => {}) // `next` reports it
  const next = async () => {
    const [{ error, value }] = await Promise.race([once(child, 'message'), failed])
    if (error) throw new Error(`${row}: ${error}`)
    return value
  }
  const names = await next()
  const call =
    (name) =>
    (...args) => {
      child.send({ name, args })
      return next()
    }
  return {
    row,
    .../** @type {Record<string, (...args: any[]) => Promise<any>>} */ (
      Object.fromEntries(names.map((name) => [name, call(name)]))
    ),
    end: () => child.kill(),
  }
}
