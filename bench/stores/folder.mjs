import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const remove = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/**
 * Calls a function with a new folder for files of its own, and removes it in the end: also when the bench is stopped.
 *
 * @template Result
 * @param {(folder: string) => Promise<Result>} work
 * @param {() => Promise<unknown>} stopAll ends whatever writes to the folder
 * @returns {Promise<Result>}
 */
export async function inFolder(work, stopAll) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  let leaving
  const cleanUp = async () => {
    await stopAll()
    remove(folder)
  }
  const leave = (signal) => {
    leaving ??= cleanUp().finally(() => process.exit(signals[signal]))
  }
  for (const signal of Object.keys(signals)) process.on(signal, leave)
  try {
    return await work(folder)
  } finally {
    await leaving // the work has failed because it was stopped: there is no more to tell
    for (const signal of Object.keys(signals)) process.off(signal, leave)
    await cleanUp()
  }
}

/** What the files of a folder take on the disk, in bytes. */
export function bytesIn(folder) {
  return readdirSync(folder).reduce((sum, name) => {
    const { blocks, size } = lstatSync(join(folder, name))
    return sum + (blocks === undefined ? size : blocks * 512)
  }, 0)
}
