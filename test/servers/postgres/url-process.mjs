// A server in a process: reads commands by line, and prints a line for each result.
import { createInterface } from 'node:readline'

const [module, url] = process.argv.slice(2)
const { postgresStore } = await import(module)
const store = postgresStore(url)
const times = { createdAt: 1, signedInAt: null, lastSeenAt: 1, expiresAt: 2 }
const record = {
  id: 'one',
  secretHash: 'hash',
  version: 0,
  userId: null,
  remember: false,
  label: null,
  data: {},
  ...times,
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    if (line === 'create') console.log(await store.createTable().then(() => store.create(record)))
    if (line === 'read') console.log((await store.read(record))?.id)
    if (line === 'close') console.log(await store.close())
  } catch (error) {
    console.log(error.code ?? error.message)
  }
  if (line === 'leave') break
}
