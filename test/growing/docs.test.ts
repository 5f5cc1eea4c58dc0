import { expect, it } from 'vitest'
import { optionsFromEnv } from '../../src/env.ts'
import { createSessions } from '../../src/index.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { folder, sojourn } from '../cli/sojourn.ts'
import { readPage } from '../docs/blocks.ts'
import { describeRedis, startRedis } from '../setup/redis.ts'
import { secret } from '../support/sessions.ts'

const { blocks, text } = await readPage('docs/growing.md')
const commands = blocks.filter(({ text }) => text.startsWith('npx sojourn')).flatMap(({ text }) => text.split('\n'))
const [, alone] = /`(npx sojourn move\s[^`]+)`/.exec(text)!

describeRedis('the commands of docs/growing.md', () => {
  it('look first, and then move; one server that has been stopped for it goes on with all who were signed in', async () => {
    const cwd = folder()
    const SECRET_KEY = secret('growing')
    // Where SESSION_TYPE=sqlite has its file by itself, of a server that runs in this folder.
    const began = process.cwd()
    process.chdir(cwd)
    const sqlite = await optionsFromEnv({ SESSION_TYPE: 'sqlite', SECRET_KEY })
    const cookie = await signedInAs(createSessions(sqlite), 'ada')
    await sqlite.close()
    process.chdir(began)

    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    const options = await optionsFromEnv({ SESSION_TYPE: 'redis', REDIS_URL: redis.url, SECRET_KEY })
    try {
      const seen: unknown[] = []
      for (const command of commands) {
        const args = command.replace('redis://localhost:6379', redis.url).split(' ').slice(2)
        const { code, stdout } = await sojourn(args, { cwd })
        const { outcome } = await createSessions(options).open(cookie)
        seen.push([code, stdout.startsWith('✓ 1 session '), outcome])
      }
      expect(seen).toEqual([
        [0, true, 'ended'],
        [0, true, 'active'],
      ])
    } finally {
      await options.close()
      await redis.stop()
    }
  })
})

it('one file is meant all over docs/growing.md', () => {
  const files = [...text.matchAll(/DatabaseSync\('([^']+)'\)|sqlite:(\S+)/g)].map(([, code, place]) => code ?? place)
  expect(files.length).toBeGreaterThan(5)
  expect(new Set(files)).toEqual(new Set(['.data/sessions.db']))
})

it('the command for one server is the one of the others', () => {
  expect(alone?.replace(/\s+/g, ' ')).toBe(commands.find((command) => !command.endsWith('--dry-run')))
})
