import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Takes a data folder for this process alone: two servers that write to one database of Redis would ruin it. */
export function hold(folder) {
  const file = join(folder, 'cluster.pid')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  while (!isTaken(file)) {
    refuseIfHeld(file)
    removeLeft(file)
  }
  return { stop: async () => rmSync(file, { force: true }) }
}

/** Looking and writing are one step, so that of two that start at once one is refused. */
function isTaken(file) {
  try {
    writeFileSync(file, `${process.pid}\n`, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/**
 * Takes away what a process left behind that is no more. One process at a time, which looks once more first: of several that
 * find it at once, a slow one would else take away what a fast one has put there by now.
 */
function removeLeft(file) {
  const removing = `${file}.removing`
  if (!isTaken(removing)) {
    // It takes no time, unless its process was killed in the midst of it.
    if (isOlderThan(removing, 10_000)) rmSync(removing, { force: true })
    return
  }
  try {
    if (existsSync(file) && holder(file) === null) rmSync(file)
  } finally {
    rmSync(removing, { force: true })
  }
}

function isOlderThan(file, milliseconds) {
  return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > milliseconds
}

function refuseIfHeld(file) {
  const other = holder(file)
  if (other === null) return
  const message = `Another cluster runs on ${dirname(file)}, as process ${other}. Stop it, or set DATA_DIR; if that is none, remove ${file}.`
  throw Object.assign(new Error(message), { isRefusal: true })
}

/** Who holds the folder; `null` where it is nobody who still runs. */
function holder(file) {
  try {
    const text = readFileSync(file, 'utf8').trim()
    if (text === '' && Date.now() - statSync(file).mtimeMs < 1000) return 'that has just started'
    // To signal process 0 is to signal ourselves. Our own number is left over from before a restart of the machine.
    if (!/^[1-9]\d*$/.test(text) || Number(text) === process.pid) return null
    process.kill(Number(text), 0)
    return text
  } catch (error) {
    return error.code === 'EPERM' ? 'of another user' : null
  }
}
