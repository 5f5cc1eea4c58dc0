import { spawn } from 'node:child_process'

/** Runs a command in this terminal and resolves to its exit code. When we are told to go, it is told, and we wait for it. */
export function child(command, args, options) {
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

/** Where npm's shell is one that does not pass signals on, as Debian's, killing npm would leave us behind. */
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
