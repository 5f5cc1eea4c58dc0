export { freePort, untilAnswered } from '../../scripts/servers/free-port.mjs'
