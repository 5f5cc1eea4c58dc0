export { freePort, untilAnswered } from '../../../scripts/servers/free-port.mjs'
export { startHttpProxy } from '../../../scripts/servers/http-proxy.mjs'
