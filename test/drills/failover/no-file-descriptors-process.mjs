// A process that has no file descriptor left for a while, before or after it has made its store. Tells what a write is answered.
import { closeSync, openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { redisStore } from 'sojourn/redis'

const [url, when] = process.argv.slice(2)
const client = await createClient({ url })
  .on('error', () => {})
  .connect()
const crowded = []
const crowd = () => {
  try {
    for (;;) crowded.push(openSync('/dev/null'))
  } catch {
    // There is none left.
  }
}

if (when === 'before') crowd()
const store = redisStore(client, { durability: { replicas: 1 } })
await pause(1000)
if (when === 'after') crowd()
const end = () => store.end('nobody', { ended: 'revoked', endedAt: Date.now(), expiresAt: Date.now() + 60_000 })
const answered = (error) => `${error.name}: ${error.message} ${error.cause?.code ?? ''}`
await end().catch(() => {})
for (const each of crowded) closeSync(each)
console.log(await end().then(String, answered))
await store.close()
client.destroy()
