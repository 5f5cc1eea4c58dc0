import { spawn } from 'node:child_process'

/** Runs a command in this terminal and resolves to its exit code. Passes SIGTERM and SIGINT on to it. */
export function runCommand(command, args, options) {
  return new Promise((resolve) => {
    const started = spawn(command, args, { stdio: 'inherit', ...options })
    const stop = () => started.kill()
    const end = (code) => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve(code)
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
    started.on('error', () => end(127))
    started.on('close', (code) => end(code ?? 1))
  })
}

/** Stops this process when npm ends: npm's shell, Debian's for example, may not pass signals on. */
export function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 200)
  watch.unref()
}
