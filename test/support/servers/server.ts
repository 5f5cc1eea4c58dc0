import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  // Below those that connections are given: of these one may be taken again before a server has it.
  const port = 11_000 + Math.floor(Math.random() * 21_000)
  const server = createServer().listen(port, '127.0.0.1')
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  if (!isFree) return freePort()
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves once an address answers at all. */
export async function untilAnswered(url: string): Promise<void> {
  const until = Date.now() + 15_000
  while (Date.now() < until) {
    const response = await fetch(url).catch(() => null)
    if (response !== null) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`${url} did not answer within 15 seconds`)
}
