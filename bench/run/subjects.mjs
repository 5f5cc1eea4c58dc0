import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Something that is measured, in a process of its own, so that no library disturbs another.
 *
 * @typedef {object} Subject
 * @property {string} row its name in the tables
 * @property {string} [plain] the row whose figures are subtracted from its own
 * @property {string} [than] the row of Sojourn that another library is compared with
 * @property {string} [dropIn] the row of Sojourn's drop-in for the library
 * @property {string} [database] that it needs
 * @property {number} [minNode] the oldest major version of Node that has what it needs
 * @property {boolean} [onEachNode] whether it is measured by another Node too
 * @property {(settings: any) => unknown} start runs in that process, and resolves to the functions that the bench calls
 */

export const isOurs = ({ row }) => row.includes('Sojourn')

/** The row of the same subject with another revision. */
export const rowAt = (row, revision) => `${row} @ ${revision}`

/**
 * Returns the subjects to measure, with their section: those that are wanted, also by another Node and with another
 * revision. `base` is the row without these two.
 *
 * @typedef {Subject & { section: string, base: string, node?: string, checkout?: string }} Variant
 * @type {(section: string, subjects: readonly Subject[], options?: any) => Variant[]}
 */
export const selectVariants = (section, subjects, { isWanted = () => true, otherNode, other } = {}) => {
  const runsOn = (version) => (subject) => (subject.minNode ?? 0) <= Number.parseInt(version, 10)
  const named = subjects.map((subject) => ({ ...subject, section, base: subject.row }))
  const all = named.filter(runsOn(process.versions.node))
  if (otherNode) {
    const rename = (row) => row && `${row}, ${otherNode.name}`
    for (const one of named.filter(({ onEachNode }) => onEachNode).filter(runsOn(otherNode.version))) {
      const names = {
        row: rename(one.row),
        plain: rename(one.plain),
        than: rename(one.than),
        dropIn: rename(one.dropIn),
      }
      all.push({ ...one, ...names, node: otherNode.path })
    }
  }
  const chosen = all.filter((one) => isWanted(one.row) && (!other || isOurs(one)))
  const plain = all.filter((one) => !chosen.includes(one) && chosen.some((each) => each.plain === one.row))
  const atOther = other
    ? chosen.map((one) => ({ ...one, row: rowAt(one.row, other.name), checkout: other.checkout }))
    : []
  return [...plain, ...chosen, ...atOther]
}

// A process that waits for its turn must keep its young generation and its compiled code. V8 takes both from idle
// processes, and getting them back would cost some 2 µs a request.
const keepCaches = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--no-memory-reducer',
  '--no-flush-bytecode',
  '--no-warnings',
]

/** Starts a subject in a process of its own, with settings for its `start`. `call` calls one of its functions there. */
export async function startSubject({ section, row, base, node, checkout }, settings = {}) {
  const child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), [section, base, JSON.stringify(settings)], {
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
  failed.catch(() => {}) // `receive` reports it
  async function receive() {
    const [{ error, value }] = await Promise.race([once(child, 'message'), failed])
    if (error) throw new Error(`${row}: ${error}`)
    return value
  }
  await receive()
  return {
    row,
    call(name, ...args) {
      child.send({ name, args })
      return receive()
    },
    end: () => child.kill(),
  }
}
