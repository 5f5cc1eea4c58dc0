import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'

const script = fileURLToPath(new URL('no-file-descriptors-process.mjs', import.meta.url))

describeRedis('a process that has no file descriptor left for a while', () => {
  let primary: RedisServer
  beforeAll(async () => (primary = await startRedis()))
  afterAll(() => primary.stop())

  it('waits for replicas again afterwards', async () => {
    const limited = ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, script, primary.url]
    const { stdout } = await promisify(execFile)('sh', limited)
    expect(stdout.trim()).toBe('Error: Too few replicas of Redis had the write in time: durability requires 1.')
  })
})
