// One variant in a process of its own, which tells its port, and what CPU time it has taken when it is asked.
import { idOf, variants } from './servers/index.mjs'
import { redisVariants, touchingVariant } from './servers/redis.mjs'

const all = [...variants, ...redisVariants, touchingVariant]
const variant = all.find((candidate) => idOf(candidate) === process.argv[2])
const server = await variant.start()
// Its connections wait while others are measured.
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ microseconds: user + system })
})
process.on('disconnect', () => process.exit())
