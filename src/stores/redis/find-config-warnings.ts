import type { Ask, NodeAddress } from './connection/types.ts'
import { replyPairs } from './hash-fields.ts'

/**
 * What of servers' settings would sign people out one day: a sentence each, with the server and the command that changes it.
 * Empty where nothing does, and where a server does not tell. Rejects where it cannot be asked.
 */
export async function findConfigWarnings(nodes: readonly Ask[]): Promise<string[]> {
  const found = await Promise.all(nodes.map(findNodeWarnings))
  return [...new Set(found.flat())]
}

async function findNodeWarnings(ask: Ask): Promise<string[]> {
  const info = String(await ask('INFO').catch(emptyIfRefused))
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1]
  const isValkey = value('server_name') === 'valkey' || value('valkey_version') !== undefined
  const [kind, cli, file] = isValkey ? ['Valkey', 'valkey-cli', 'valkey.conf'] : ['Redis', 'redis-cli', 'redis.conf']
  const address = cliAddressOf(ask.address)
  const name = address === null ? kind : `${kind} at ${address.address}`
  // By itself it would go to whichever server is on this machine.
  const commandText = (command: string) =>
    address === null ? `"${command}" in its ${cli}` : `"${cli} ${address.options} ${command}"`
  const advice = (setting: string) =>
    `Type ${commandText(`CONFIG SET ${setting}`)}, and put this line into its ${file}, so that it stays: ${setting}`

  const warnings: string[] = []
  const policy = value('maxmemory_policy') ?? 'noeviction'
  if (policy !== 'noeviction' && Number(value('maxmemory') ?? 0) > 0) {
    warnings.push(
      `${name} drops sessions when its memory is full (maxmemory-policy ${policy}), which signs their people out. ${advice('maxmemory-policy noeviction')}`,
    )
  }
  if (value('aof_enabled') === '0' && (await readSavePoints(ask)) === '') {
    warnings.push(
      `${name} writes nothing to disk, so that a restart of it signs everybody out. ${advice('appendonly yes')}`,
    )
  }
  return warnings
}

/** A server as people call it, and as its command-line client does; `null` where that is not known. Never who asks it. */
function cliAddressOf(node: NodeAddress | undefined): { address: string; options: string } | null {
  const { host = 'localhost', port = 6379, path, tls } = node ?? {}
  if (node === undefined || path || !/^[\w:][\w.:-]*$/.test(host)) return null
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return { address, options: `-h ${host} -p ${Number(port)}${tls ? ' --tls' : ''}` }
}

/** When it writes to disk by itself; `undefined` where it does not say. */
async function readSavePoints(ask: Ask): Promise<string | undefined> {
  const answer = await ask('CONFIG', 'GET', 'save').catch(emptyIfRefused)
  return replyPairs(answer).find(([name]) => name === 'save')?.[1]
}

/** Hosted servers often refuse such commands. That is an answer. */
function emptyIfRefused(error: unknown): unknown[] {
  if (/NOPERM|NoPermission|unknown command|not allowed|disabled/i.test(String(error))) return []
  throw error
}
