export { startTcpProxy } from '../../scripts/servers/tcp-proxy.mjs'
export type { TcpProxy, Way } from '../../scripts/servers/tcp-proxy.mjs'
