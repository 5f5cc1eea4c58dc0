// Runs one server in a process of its own. Sends its port, and its CPU time each time it is asked.
import { redisServers } from './servers/redis.mjs'
import { idOf, servers } from './servers/index.mjs'

const { start } = [...servers, ...redisServers].find((server) => idOf(server) === process.argv[2])
const server = await start()
server.keepAliveTimeout = 0 // its connections must stay open while it waits for its turn
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system })
})
process.on('disconnect', () => process.exit())
