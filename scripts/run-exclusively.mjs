import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const lockFile = '.cache/preparing'
const intervalMs = 200

/** Calls a function while no other process of this folder does: `npm start` and `npm test` may start together. */
export async function runExclusively(work) {
  mkdirSync('.cache', { recursive: true })
  for (let tries = 0; !takeLock(); tries++) {
    if (tries === 0)
      console.log(`Waiting for another command that installs or builds here. (If none runs, delete ${lockFile}.)`)
    await sleep(intervalMs)
  }
  try {
    return await work()
  } finally {
    rmSync(lockFile, { force: true })
  }
}

function takeLock() {
  try {
    writeFileSync(lockFile, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isRunning(readHolder())) rmSync(lockFile, { force: true })
    return false
  }
}

/** Reads the holder's process id; `NaN` if the holder is still writing it, or has just removed the file. */
function readHolder() {
  try {
    return Number.parseInt(readFileSync(lockFile, 'utf8'), 10)
  } catch {
    return Number.NaN
  }
}

function isRunning(pid) {
  try {
    return Number.isNaN(pid) || process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM' // it runs, as another user
  }
}
