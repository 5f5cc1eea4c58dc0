import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Takes a data folder for this process alone: two servers that write to one database of Redis would ruin it. */
export function hold(folder) {
  const file = join(folder, 'cluster.pid')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  while (!isTaken(file)) {
    refuseIfHeld(file, file)
    // Under another name first: of several that find it left over, one takes it away, and sees whether it still was.
    const left = `${file}.${process.pid}`
    if (!isRenamed(file, left)) continue
    try {
      refuseIfHeld(left, file)
    } catch (error) {
      renameSync(left, file)
      throw error
    }
    rmSync(left)
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

function isRenamed(from, to) {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

function refuseIfHeld(at, file) {
  const other = holder(at)
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
