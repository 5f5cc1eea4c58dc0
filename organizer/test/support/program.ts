import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const dist = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))

export type Program = ReturnType<typeof runProgram>

/** Starts a built program of the organizer in a folder. `ended` resolves when it exits. */
export function runProgram(folder: string, name: string, args: string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [dist(name), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: `${folder}/data`, ...env },
  })
  // A failed test may not stop the program.
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  child.once('close', () => process.off('exit', kill))
  let out = ''
  let err = ''
  child.stdout.on('data', (text) => (out += text))
  child.stderr.on('data', (text) => (err += text))
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })

  async function waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    // The program may retry a server that is down only every 5 seconds.
    for (let i = 0; i < 1000; i++) {
      const found = pattern.exec(out)
      if (found) return found
      if (child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`not printed: ${pattern}\n${out}${err}`)
  }

  return {
    child,
    ended,
    waitForOutput,
    /** Resolves to the URL of the server when it is running. */
    url: async () => (await waitForOutput(/running: \S*?(http:\/\/[\w.:]+)/))[1]!,
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}
