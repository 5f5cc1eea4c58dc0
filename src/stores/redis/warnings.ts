import type { Ask } from './client.ts'
import { pairsOf } from './fields.ts'

/**
 * What of servers' settings would sign people out one day: a sentence each, with the command that changes it. Empty where
 * nothing does, and where a server does not tell. Rejects where it cannot be asked.
 */
export async function findWarnings(nodes: readonly Ask[]): Promise<string[]> {
  const found = await Promise.all(nodes.map(warningsOf))
  return [...new Set(found.flat())]
}

async function warningsOf(ask: Ask): Promise<string[]> {
  const info = String(await ask('INFO').catch(silentIfRefused))
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1]
  const isValkey = value('server_name') === 'valkey' || value('valkey_version') !== undefined
  const [name, cli, file] = isValkey ? ['Valkey', 'valkey-cli', 'valkey.conf'] : ['Redis', 'redis-cli', 'redis.conf']
  const advice = (setting: string) =>
    `Type: ${cli} CONFIG SET ${setting} and put this line into its ${file}, so that it stays: ${setting}`

  const warnings: string[] = []
  const policy = value('maxmemory_policy') ?? 'noeviction'
  if (policy !== 'noeviction' && Number(value('maxmemory') ?? 0) > 0) {
    warnings.push(
      `${name} drops sessions when its memory is full (maxmemory-policy ${policy}), which signs their people out. ${advice('maxmemory-policy noeviction')}`,
    )
  }
  if (value('aof_enabled') === '0' && (await savePoints(ask)) === '') {
    warnings.push(
      `${name} writes nothing to disk, so that a restart of it signs everybody out. ${advice('appendonly yes')}`,
    )
  }
  return warnings
}

/** When it writes to disk by itself; `undefined` where it does not say. */
async function savePoints(ask: Ask): Promise<string | undefined> {
  const answer = await ask('CONFIG', 'GET', 'save').catch(silentIfRefused)
  return pairsOf(answer).find(([name]) => name === 'save')?.[1]
}

/** Hosted servers often refuse such commands. That is an answer. */
function silentIfRefused(error: unknown): unknown[] {
  if (/NOPERM|NoPermission|unknown command|not allowed|disabled/i.test(String(error))) return []
  throw error
}
