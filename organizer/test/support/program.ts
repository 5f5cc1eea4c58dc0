import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const dist = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))

export type Program = ReturnType<typeof runProgram>

/** Starts a built program of the organizer in a folder. */
export const runProgram = (folder: string, name: string, args: string[] = [], env: Record<string, string> = {}) =>
  runNode(folder, dist(name), args, { DATA_DIR: `${folder}/data`, ...env })

/** Starts a program in a folder; `waitForOutput` resolves when its output has matched `times` times. */
export function runNode(folder: string, file: string, args: string[], env: Record<string, string | undefined>) {
  const child = spawn(process.execPath, [file, ...args], { cwd: folder, env: { PATH: process.env.PATH, ...env } })
  // Kill it also if a test fails before it has stopped it.
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

  async function waitForOutput(pattern: RegExp, times = 1): Promise<RegExpExecArray> {
    // A program may retry only every 5 seconds.
    for (let i = 0; i < 2000; i++) {
      const found = [...out.matchAll(new RegExp(pattern, `${pattern.flags}g`))]
      if (found.length >= times) return found[0]!
      if (child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`not printed: ${pattern}\n${out}${err}`)
  }

  return {
    child,
    ended,
    waitForOutput,
    out: () => out,
    /** Resolves to a server's address, once it prints that. */
    url: async () => (await waitForOutput(/running: \S*?(http:\/\/[\w.:]+)/))[1]!,
    /** Stops it, if it still runs. */
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}
