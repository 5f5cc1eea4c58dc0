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

  const run = async (when: string): Promise<string> => {
    const limited = ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, script, primary.url, when]
    return (await promisify(execFile)('sh', limited)).stdout.trim()
  }

  it('waits for replicas afterwards', async () => {
    expect(await run('after')).toBe('Error: Too few replicas of Redis had the write in time: durability requires 1.')
  })

  it('says that it has to be restarted where it could not load what does that', async () => {
    expect(await run('before')).toMatch(/^Error: .* could not be loaded\. Restart this process\. EMFILE$/)
  })
})
