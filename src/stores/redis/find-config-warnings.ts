import type { Ask } from './connection/types.ts'
import type { At } from './connection/types.ts'
import { pairsOf } from './hash-fields.ts'

/**
 * What of servers' settings would sign people out one day: a sentence each, with the server and the command that changes it.
 * Empty where nothing does, and where a server does not tell. Rejects where it cannot be asked.
 */
export async function findWarnings(nodes: readonly Ask[]): Promise<string[]> {
  const found = await Promise.all(nodes.map(warningsOf))
  return [...new Set(found.flat())]
}

async function warningsOf(ask: Ask): Promise<string[]> {
  const info = String(await ask('INFO').catch(silentIfRefused))
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1]
  const isValkey = value('server_name') === 'valkey' || value('valkey_version') !== undefined
  const [kind, cli, file] = isValkey ? ['Valkey', 'valkey-cli', 'valkey.conf'] : ['Redis', 'redis-cli', 'redis.conf']
  const place = placeOf(ask.at)
  const name = place === null ? kind : `${kind} at ${place.address}`
  // By itself it would go to whichever server is on this machine.
  const typed = (command: string) =>
    place === null ? `"${command}" in its ${cli}` : `"${cli} ${place.options} ${command}"`
  const advice = (setting: string) =>
    `Type ${typed(`CONFIG SET ${setting}`)}, and put this line into its ${file}, so that it stays: ${setting}`

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

/** A server as people call it, and as its command-line client does; `null` where that is not known. Never who asks it. */
function placeOf(at: At | undefined): { address: string; options: string } | null {
  const { host = 'localhost', port = 6379, path, tls } = at ?? {}
  if (at === undefined || path || !/^[\w:][\w.:-]*$/.test(host)) return null
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return { address, options: `-h ${host} -p ${Number(port)}${tls ? ' --tls' : ''}` }
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
