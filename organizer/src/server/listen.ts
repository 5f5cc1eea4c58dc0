import type { ServerType } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { type Config, ConfigError } from './config.ts'

const tries = 50

/**
 * Listens, and resolves to the port: the wanted one, or the next that is free where the wanted one is only the default.
 *
 * @throws `ConfigError` when a port that was given, or the host, cannot be had
 */
export async function listen(server: ServerType, { host, port, portGiven }: Config): Promise<number> {
  for (let at = port; ; at++) {
    try {
      return await listenAt(server, host, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && !portGiven && at < port + tries) continue
      if (code === 'EADDRINUSE')
        throw new ConfigError(`Port ${at} is taken by another program. Choose another, such as PORT=${at + 1}.`)
      if (code === 'EACCES')
        throw new ConfigError(`Port ${at} needs rights that this user does not have. Choose one above 1023.`)
      throw new ConfigError(`HOST=${host} is no address of this machine (${code}).`)
    }
  }
}

function listenAt(server: ServerType, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
