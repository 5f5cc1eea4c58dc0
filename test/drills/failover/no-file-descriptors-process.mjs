// A process that has no file descriptor left for a while. It prints what a write resolves to, or its error, afterwards.
import { closeSync, openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { redisStore } from 'sojourn/redis'

const client = await createClient({ url: process.argv[2] })
  .on('error', () => {})
  .connect()
const store = redisStore(client, { durability: { replicas: 1 } })
await pause(1000)
const descriptors = []
try {
  for (;;) descriptors.push(openSync('/dev/null'))
} catch {
  // None is left.
}
const end = () => store.end('nobody', { ended: 'revoked', endedAt: Date.now(), expiresAt: Date.now() + 60_000 })
await end().catch(() => {})
for (const each of descriptors) closeSync(each)
console.log(await end().then(String, (error) => `${error.name}: ${error.message}`))
await store.close()
client.destroy()
