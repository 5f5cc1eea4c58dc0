import type { SessionStore } from '../../../src/stores/store.ts'
import type { Connections } from '../../../src/testing/simulation/run-real.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { breakNetwork } from './break-network.ts'

/** A store behind a proxy. */
interface Opened {
  readonly store: SessionStore
  close(): unknown
}

/** Opens a store once for each server of a schedule, each through a proxy of its own, which breaks as the plan says. */
export async function openBehindProxies(
  port: number,
  servers: readonly string[],
  open: (port: number) => Opened | Promise<Opened>,
): Promise<Connections> {
  const proxies = new Map<string, TcpProxy>()
  const stores = new Map<string, Opened>()
  for (const name of servers) {
    const proxy = await startTcpProxy(port)
    proxies.set(name, proxy)
    stores.set(name, await open(proxy.port))
  }
  return {
    storeOf: (server) => stores.get(server)!.store,
    hurt: (fault) => breakNetwork(proxies, fault),
    async close() {
      await Promise.all([...stores.values()].map(async ({ close }) => close()))
      await Promise.all([...proxies.values()].map(async (proxy) => proxy.stop()))
    },
  }
}
