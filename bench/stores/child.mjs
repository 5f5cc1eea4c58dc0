import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const running = new Set()

/** A process of one store. `ask` resolves to its answer; one question at a time. */
export function childOf({ name }, folder, count) {
  const child = fork(fileURLToPath(new URL('process.mjs', import.meta.url)), [name, folder, String(count)], {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.add(child)
  const ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child)
    throw new Error(`The process of ${name} ended (${signal ?? `code ${code}`})`)
  })
  ended.catch(() => {}) // it is told to whoever waits for an answer

  return {
    async ask(ask, rest = {}) {
      child.send({ ask, ...rest })
      const [{ answer, error }] = await Promise.race([once(child, 'message'), ended])
      if (error !== undefined) throw new Error(error)
      return answer
    },
    async stop() {
      child.kill('SIGKILL')
      await ended.catch(() => {})
    },
  }
}

/** Ends all that are running, whatever they are doing. */
export async function stopAll() {
  const all = [...running]
  const ends = all.map((child) => once(child, 'exit'))
  for (const child of all) child.kill('SIGKILL')
  await Promise.all(ends)
}
