import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const lockFile = '.cache/preparing'

/** Calls a function while no other process of this folder does: `npm start` and `npm test` may begin together. */
export async function alone(work) {
  mkdirSync('.cache', { recursive: true })
  for (let tries = 0; !take(); tries++) {
    if (tries === 0)
      console.log(
        `Another command is installing or building here; waiting for it … (Is there none? Delete ${lockFile})`,
      )
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    rmSync(lockFile, { force: true })
  }
}

function take() {
  try {
    writeFileSync(lockFile, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isAlive(holder())) rmSync(lockFile, { force: true })
    return false
  }
}

/** Whose it is; `NaN` while its holder is writing it down, or when it has just been given back. */
function holder() {
  try {
    return Number.parseInt(readFileSync(lockFile, 'utf8'), 10)
  } catch {
    return Number.NaN
  }
}

function isAlive(pid) {
  try {
    return Number.isNaN(pid) || process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
