import { once } from 'node:events'
import { createConnection } from 'node:net'
import { Worker } from 'node:worker_threads'
import { TooLate, type SessionStore } from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'

/** Answers each line with the time at which it came, in a process of its own: it continues while this process stands still. */
const server = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const answering = createServer((socket) => {
    socket.on('data', (lines) => {
      for (const line of String(lines).trim().split('\\n')) socket.write(line + ' ' + Date.now() + '\\n')
    })
  })
  answering.listen(0, '127.0.0.1', () => parentPort.postMessage(answering.address().port))
`

export interface EchoStore extends SessionStore {
  /** How many writes came when their time was over. */
  readonly late: number
  stop(): Promise<void>
}

/**
 * A store that is asked over a socket and answers promptly. As clients do, it writes what was asked in the event loop's next turn.
 * It does not execute a line whose deadline is over, and says so.
 */
export async function echoStore(): Promise<EchoStore> {
  const worker = new Worker(server, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const socket = createConnection({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  const inner = memoryStore()
  const waiting = new Map<string, (cameAt: number) => void>()
  let asked = 0
  let late = 0
  let rest = ''
  socket.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const [number, cameAt] = line.split(' ') as [string, string]
      waiting.get(number)?.(Number(cameAt))
      waiting.delete(number)
    }
  })

  async function ask<Answer>(work: () => Promise<Answer>, until = Infinity): Promise<Answer> {
    const number = String(++asked)
    const answered = new Promise<number>((resolve) => waiting.set(number, resolve))
    setImmediate(() => socket.write(`${number}\n`))
    if ((await answered) <= until) return work()
    late++
    throw new TooLate('It came when its caller had stopped waiting.')
  }

  return {
    create: async (record, options, until) => ask(() => inner.create(record, options), until),
    read: async (key) => ask(() => inner.read(key)),
    update: async (key, held, change, until) => ask(() => inner.update(key, held, change), until),
    end: async (key, ending, until) => ask(() => inner.end(key, ending), until),
    endAll: async (userId, ending, except, until) => ask(() => inner.endAll(userId, ending, except), until),
    list: async (userId) => ask(() => inner.list(userId)),
    get late() {
      return late
    },
    async stop() {
      socket.destroy()
      await worker.terminate()
    },
  }
}
