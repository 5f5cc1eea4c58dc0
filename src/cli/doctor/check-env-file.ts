import { statSync } from 'node:fs'
import { readSeconds, type Env } from '../../core/env-values.ts'
import { formatCount, formatRelative } from '../terminal.ts'
import { finding, type Examination, type Finding } from './finding.ts'

const dayMs = 86_400_000
const maxKeyAgeDays = 2 * 365
const defaultIdleDays = 7

/** Checks the file `.env`, which holds the keys: who may read it, and how long ago it was changed. */
export function checkEnvFile(path: string, env: Env, now: number): Examination {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile()) return { findings: [], facts: [] }
  const ageDays = Math.floor((now - stats.mtimeMs) / dayMs)
  const findings: Finding[] = []
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
    const sentence = `Other users of this machine can read or change ${path} (mode ${mode}), which has the keys and passwords.`
    findings.push(finding('env-file-open', 'keys', sentence, `Run "chmod 600 ${path}".`))
  }
  if (ageDays > maxKeyAgeDays) {
    const sentence = `${path} was last changed ${formatCount(ageDays, 'day')} ago, so its keys are at least that old.`
    findings.push(finding('key-old', 'keys', sentence, 'Rotate the key: npx sojourn key --write .env --rotate'))
  }
  const idleDays = Math.ceil((readIdleTimeout(env) ?? defaultIdleDays * 86_400) / 86_400)
  if (env['SECRET_KEY_FALLBACKS'] && ageDays > idleDays) {
    const sentence = `SECRET_KEY_FALLBACKS is in use for ${formatCount(ageDays, 'day')}. Unused sessions end after ${formatCount(idleDays, 'day')}, so the former key is not needed any more.`
    findings.push(
      finding('key-fallback-old', 'keys', sentence, 'Remove the former keys, if all servers have the new key.'),
    )
  }
  return { findings, facts: [['settings', `${path}, changed ${formatRelative(stats.mtimeMs, now)}`]] }
}

/** Returns the idle timeout in seconds; `undefined` if it is not set, or not valid, which is another finding. */
function readIdleTimeout(env: Env): number | undefined {
  try {
    return readSeconds(env, 'PERMANENT_SESSION_LIFETIME')
  } catch {
    return undefined
  }
}
