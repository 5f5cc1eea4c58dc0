import { createSessions, type SessionsOptions } from '../../src/index.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { secret } from './sessions.ts'
import { sojourn, type Around, type Run } from './cli.ts'

/** The instant at which cookies are inspected. */
export const at = Date.UTC(2026, 0, 15, 12)
export const now = ['--now', String(at / 1000)]
export const env = { SECRET_KEY: secret('first'), SECRET_KEY_FALLBACKS: JSON.stringify([secret('older')]) }
export const data = { cart: ['tea', 'coffee'], theme: 'dark' }

/** Sessions as the application has them. */
export const made = (options: SessionsOptions = {}) =>
  createSessions({ secrets: [env.SECRET_KEY], cookie: { secure: true }, now: () => at, ...options })

/** The cookie of a signed-in user. */
export const ada = (options?: SessionsOptions) => signedInAs(made(options), 'ada', { data, label: 'Firefox on Linux' })

/** A clock that was so many seconds behind. */
export const since = (seconds: number): SessionsOptions => ({ now: () => at - seconds * 1000 })

/** A report for people, with its rows by name. */
export async function report(args: string[], around: Around = {}): Promise<Run & { rows: Record<string, string> }> {
  const run = await sojourn(['inspect', ...now, ...args], { env, ...around })
  const rows = run.stdout.matchAll(/^ {2}(\w+(?: \w+)?) {2,}(\S.*)$/gm)
  return { ...run, rows: Object.fromEntries(Array.from(rows, ([, name, text]) => [name, text])) }
}

/** A report for programs, with the exit code. */
export async function json(args: string[], around: Around = {}): Promise<Record<string, unknown>> {
  const { code, stdout } = await sojourn(['inspect', '--json', ...now, ...args], { env, ...around })
  return { code, ...(JSON.parse(stdout) as Record<string, unknown>) }
}
