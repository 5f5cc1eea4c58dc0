import type { ServerType } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { type Config, ConfigError } from './config.ts'

const maxPortsTried = 50

/**
 * Listens and resolves to the port. If the default port is taken, it uses the next free one.
 *
 * @throws `ConfigError` if the host, or a port from the environment, cannot be used
 */
export async function listen(server: ServerType, { host, port: firstPort, isPortFixed }: Config): Promise<number> {
  for (let port = firstPort; ; port++) {
    try {
      return await listenOn(server, host, port)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && !isPortFixed && port < firstPort + maxPortsTried) continue
      if (code === 'EADDRINUSE')
        throw new ConfigError(`Port ${port} is used by another program. Choose another, such as PORT=${port + 1}.`)
      if (code === 'EACCES')
        throw new ConfigError(`This user may not listen on port ${port}. Choose a port above 1023.`)
      throw new ConfigError(`HOST=${host} is not an address of this machine (${code}).`)
    }
  }
}

function listenOn(server: ServerType, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
