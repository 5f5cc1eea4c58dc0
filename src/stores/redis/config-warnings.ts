import { warnOnce } from '../../core/warn-once.ts'
import type { NodeAddress } from './connection/client-types.ts'
import type { Ask, RedisConnection } from './connection/types.ts'
import { replyPairs } from './reply-pairs.ts'

/**
 * Returns a function that checks the servers' settings, and prints each warning once in a process. If the servers do not
 * answer, the next call tries once more.
 */
export function createConfigWarner(connection: RedisConnection): () => void {
  let attemptsLeft = 2
  let isChecking = false

  async function checkConfig(): Promise<void> {
    isChecking = true
    attemptsLeft--
    try {
      for (const warning of await findConfigWarnings(await connection.listPrimaries())) warnOnce(warning)
      attemptsLeft = 0
    } catch {
      // The calls of the store report an outage themselves.
    }
    isChecking = false
  }

  return () => {
    if (attemptsLeft > 0 && !isChecking) void checkConfig()
  }
}

/**
 * Resolves to a warning for each setting that could lose sessions, with the command that changes it, and for an old version.
 * Values that a server does not report give no warning. Rejects if a server does not answer.
 */
export async function findConfigWarnings(nodes: readonly Ask[]): Promise<string[]> {
  const problems = await Promise.all(nodes.map(findConfigProblems))
  return [...new Set(problems.flat().map(({ sentence, fix }) => `${sentence} ${fix}`))]
}

/** A setting of a server that could lose sessions, or a version that is too old. */
export interface ConfigProblem {
  readonly code: 'redis-version' | 'redis-evicts' | 'redis-not-saved'
  readonly sentence: string
  /** The command that changes the setting, or what else to do. */
  readonly fix: string
}

/** Resolves to the problems of one server. Rejects if it does not answer. */
export async function findConfigProblems(ask: Ask): Promise<ConfigProblem[]> {
  const info = String(await ask('INFO').catch(emptyIfRefused))
  const readInfo = (name: string) => new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1]
  const isValkey = readInfo('server_name') === 'valkey' || readInfo('valkey_version') !== undefined
  const [kind, cli, file] = isValkey ? ['Valkey', 'valkey-cli', 'valkey.conf'] : ['Redis', 'redis-cli', 'redis.conf']
  const address = cliAddressOf(ask.address)
  const name = address === null ? kind : `${kind} at ${address.address}`
  // Without options redis-cli would connect to a server on this machine, so name no shell command if the address is unknown.
  const commandText = (command: string) =>
    address === null ? `"${command}" in its ${cli}` : `"${cli} ${address.options} ${command}"`
  const fix = (setting: string) =>
    `Run ${commandText(`CONFIG SET ${setting}`)}. Also add this line to its ${file}, so that a restart keeps it: ${setting}`

  const problems: ConfigProblem[] = []
  const version = readInfo('redis_version') ?? oldestVersion
  if (version.localeCompare(oldestVersion, 'en', { numeric: true }) < 0) {
    const sentence = `${name} is version ${version}, and Sojourn needs ${oldestVersion} or newer.`
    problems.push({ code: 'redis-version', sentence, fix: 'Update Redis, or use Valkey.' })
  }
  const policy = readInfo('maxmemory_policy') ?? 'noeviction'
  if (policy !== 'noeviction' && Number(readInfo('maxmemory') ?? 0) > 0) {
    problems.push({
      code: 'redis-evicts',
      sentence: `${name} drops users' sessions when its memory is full (maxmemory-policy ${policy}), which signs those users out on all devices.`,
      fix: fix('maxmemory-policy noeviction'),
    })
  }
  if (readInfo('aof_enabled') === '0' && (await readSavePoints(ask)) === '') {
    problems.push({
      code: 'redis-not-saved',
      sentence: `${name} writes nothing to disk, so a restart signs all users out.`,
      fix: fix('appendonly yes'),
    })
  }
  return problems
}

const oldestVersion = '6.2'

/**
 * Returns a server's address and the options that connect redis-cli to it. Returns `null` if the address is unknown, a
 * socket of the file system, or unsafe in a shell. Never contains the user name or the password.
 */
function cliAddressOf(node: NodeAddress | undefined): { address: string; options: string } | null {
  const { host = 'localhost', port = 6379, path, tls } = node ?? {}
  if (node === undefined || path || !/^[\w:][\w.:-]*$/.test(host)) return null
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return { address, options: `-h ${host} -p ${Number(port)}${tls ? ' --tls' : ''}` }
}

/** Resolves to the setting `save`, which is empty if snapshots are off; `undefined` if the server does not report it. */
async function readSavePoints(ask: Ask): Promise<string | undefined> {
  const reply = await ask('CONFIG', 'GET', 'save').catch(emptyIfRefused)
  return replyPairs(reply).find(([name]) => name === 'save')?.[1]
}

/** Returns an empty reply if the server refuses the command, as hosted servers often do. Throws all other errors. */
function emptyIfRefused(error: unknown): unknown[] {
  if (/NOPERM|NoPermission|unknown command|not allowed|disabled/i.test(String(error))) return []
  throw error
}
