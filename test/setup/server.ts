export { startProcess } from '../../scripts/servers/child-process.mjs'
export { freePort, untilAnswered } from '../../scripts/servers/free-port.mjs'
export { startHttpProxy } from '../../scripts/servers/http-proxy.mjs'
