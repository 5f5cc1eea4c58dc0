import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { untilDone } from './again.mjs'
import { freePort, startChild } from './child.mjs'

const main = fileURLToPath(new URL('../../organizer/dist/main.js', import.meta.url))

/** For how long a server that is to stop may still answer what it has begun, in milliseconds. */
const patience = 10_000

/** One organizer, as a process of its own. */
export function createOrganizer({ name, env, say }) {
  let child = null
  let port = 0
  /** Aborted when it is told to go. */
  let leaving = new AbortController()
  /** Resolves once it is not tried any more to have it back. */
  let comingBack = Promise.resolve()

  /** Where new requests may go, and how many are under way. */
  const seat = { isUp: false, active: 0, port: () => port }

  async function start() {
    const { signal } = leaving
    const at = await freePort()
    if (signal.aborted) throw refusal(`${name} was stopped.`)
    port = at
    const said = []
    let hasStarted = false
    const started = startChild(process.execPath, [main], {
      env: { ...env, PORT: String(port) },
      onLine(line) {
        if (hasStarted) tell(line)
        else said.push(line)
      },
    })
    child = started
    if (!(await isHealthy(started)) || signal.aborted) {
      await started.stop()
      throw refusal(said.join('\n') || `${name} did not start.`)
    }
    for (const line of said) tell(line)
    hasStarted = seat.isUp = true
    void watch(started, signal)
  }

  async function watch(started, signal) {
    const how = await started.ended
    if (signal.aborted) return
    seat.isUp = false
    say(`${name} ended (${how}); it is started again.`)
    comingBack = comeBack((error) => say(`${name} does not start. It is tried again until it does.\n${error.message}`))
  }

  async function comeBack(failed) {
    const isBack = await untilDone(start, { pause: 1000, signal: leaving.signal, failed })
    if (isBack) say(`${name} is back, at ${address()}`)
  }

  function tell(line) {
    if (!isWelcome(line)) say(`${name}  ${line}`)
  }

  async function isHealthy(started) {
    for (let tries = 0; tries < 400 && !started.isOver; tries++) {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
      if (answer?.ok) return true
      await Promise.race([sleep(50), started.ended])
    }
    return false
  }

  const address = () => `http://127.0.0.1:${port}, process ${child?.pid}`

  /** First nobody is sent here any more, then what is under way is answered, and only then it is told to go. */
  async function stop() {
    leaving.abort()
    seat.isUp = false
    const until = Date.now() + patience
    while (seat.active > 0 && Date.now() < until) await sleep(20)
    await child?.stop(patience)
    await comingBack
  }

  return {
    name,
    seat,
    address,
    start,
    stop,
    /** Resolves to whether it runs again; where it does not, that is said, and tried again. */
    async restart() {
      await stop()
      leaving = new AbortController()
      try {
        await start()
      } catch (error) {
        if (leaving.signal.aborted) return false
        say(error.message)
        comingBack = comeBack(() => {})
        return false
      }
      say(`${name} was restarted, at ${address()}`)
      return true
    },
  }
}

function refusal(message) {
  return Object.assign(new Error(message), { isRefusal: true })
}

/** What a server alone tells whoever starts it; here it is told for all of them. */
function isWelcome(line) {
  return /^(\s|$|Organizer is running)/.test(stripVTControlCharacters(line))
}
