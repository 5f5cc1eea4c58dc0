/** A primary, as the test itself asks it. */
export interface Primary {
  readonly port: number
  ask(...command: string[]): Promise<unknown>
}

export const askAll = (primaries: readonly Primary[], ...command: string[]): Promise<unknown[]> =>
  Promise.all(primaries.map((primary) => primary.ask(...command)))

/** How often primaries were asked a command, in small letters, since `CONFIG RESETSTAT`. */
export const calls = (primaries: readonly Primary[], command: string): Promise<number> =>
  sum(primaries, 'commandstats', new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm'))

export const connectionsReceived = (primaries: readonly Primary[]): Promise<number> =>
  sum(primaries, 'stats', /^total_connections_received:(\d+)/m)

/** How many connections subscribe to a channel. */
export const subscribers = (primaries: readonly Primary[]): Promise<number> =>
  sum(primaries, 'clients', /^pubsub_clients:(\d+)/m)

async function sum(primaries: readonly Primary[], section: string, field: RegExp): Promise<number> {
  const infos = await askAll(primaries, 'INFO', section)
  return infos.map((info) => Number(field.exec(String(info))?.[1] ?? 0)).reduce((total, count) => total + count)
}
