import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSessions } from 'sojourn'
import { flaskSession } from 'sojourn/flask'
import { signedInAs } from 'sojourn/testing'
import { expect, it } from 'vitest'
import { readPage, type Block } from '../../support/docs/blocks.ts'
import { programFolder, start, type Running } from '../../support/docs/programs.ts'
import { snippetKind } from '../../support/docs/project.ts'
import { describeFlask, python } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { freePort, untilAnswered } from '../../support/servers/server.ts'
import { browser } from '../../support/browser.ts'
import { recordsOf } from '../../support/flask-session-records.ts'

const { blocks } = await readPage('docs/flask-session.md')
const only = (is: (block: Block) => boolean): string => {
  const [found, ...others] = blocks.filter(is)
  expect(others).toEqual([])
  return found!.text
}

/** Starts a program in Flask, as `flask run` does. */
async function startFlask(program: string, folder: string): Promise<Running> {
  const port = await freePort()
  await writeFile(join(folder, 'app.py'), program)
  const args = ['-W', 'ignore::DeprecationWarning', '-m', 'flask', 'run', '--port', String(port)]
  const env = { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1' }
  const child = spawn(python!, args, { cwd: folder, env, stdio: 'ignore' })
  const exit = once(child, 'exit')
  const url = `http://localhost:${port}`
  await untilAnswered(url)
  return {
    url,
    async stop() {
      child.kill()
      await exit
    },
  }
}

describeFlask('docs/flask-session.md', () => {
  describeRedis('beside Flask-Session and Redis', () => {
    it('has two programs that answer as the transcript says', async () => {
      const redis = await startRedis({ args: ['--appendonly', 'yes'] })
      const at = (text: string) => text.replace('redis://localhost:6379', redis.url)
      const [cwd, place] = [await mkdtemp(join(tmpdir(), 'docs-flask-')), await programFolder('docs-')]
      const flask = await startFlask(at(only(({ text }) => text.includes('Session(app)'))), cwd)
      const node = await start(
        at(only(({ text, language }) => language === 'ts' && snippetKind(text) === 'server')),
        place,
        cwd,
      )
      const urls: Record<string, string> = { 8000: flask.url, 3000: node.url }
      const visitor = browser()
      try {
        const parts = only(({ language }) => language === 'console')
          .split(/^\$ /m)
          .slice(1)
        expect(parts.length).toBeGreaterThan(7)
        for (const part of parts) {
          const [line = '', ...answer] = part.trimEnd().split('\n')
          const [, post, port, path] =
            /^curl -c jar -b jar( -X POST)? http:\/\/localhost:(\d+)(\/\w*)$/.exec(line) ?? []
          const method = post === undefined ? 'GET' : 'POST'
          const response = await fetch(new URL(path!, urls[port!]), { method, headers: { Cookie: visitor.cookie } })
          visitor.receive(response.headers)
          expect([line, (await response.text()).trimEnd()]).toEqual([line, answer.join('\n')])
        }
      } finally {
        await node.stop()
        await flask.stop()
        await redis.stop()
        for (const folder of [cwd, place]) await rm(folder, { recursive: true, force: true })
      }
    })
  })
})

describeRedis('the reasons of docs/flask-session.md', () => {
  it('are those that there are', async () => {
    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    const secretKey = 'a key of these tests, of 32 bytes or more'
    const outcome = async (cookie: string, options = {}, url = redis.url) => {
      const { format, store } = flaskSession(url, options)
      const { outcome, userId } = await createSessions({ format, storeTimeout: 5, store, onEvent() {} }).open(cookie)
      await store.close()
      return outcome === 'active' && userId === null ? 'guest' : outcome
    }
    try {
      const cookie = await signedIn(redis)
      const key = `session:${cookie.slice('session='.length)}`
      const signed = await signedIn(redis, { useSigner: true, secretKey })
      expect(await outcome(cookie)).toBe('active')
      expect(await outcome(cookie, { userKey: '_user_id' })).toBe('guest')
      expect(await outcome(cookie, { keyPrefix: 'shop:' })).toBe('ended')
      expect(await outcome(cookie, { useSigner: true, secretKey })).toBe('forged')
      expect(await outcome(signed, { useSigner: true, secretKey: `another, ${secretKey}` })).toBe('forged')
      expect(await outcome(signed)).toBe('malformed')

      const record = await recordsOf(redis).hex(key)
      const { format, store } = flaskSession(redis.url)
      const sessions = createSessions({ format, storeTimeout: 5, store })
      const session = await sessions.open(cookie)
      session.signOut()
      await sessions.commit(session)
      await store.close()
      expect([await outcome(cookie), await redis.ask('EXISTS', key)]).toEqual(['ended', 0])
      await recordsOf(redis).put(key, record) // as a slow request of Flask's does
      expect([await redis.ask('EXISTS', key), await outcome(cookie)]).toEqual([1, 'ended'])

      const old = await signedIn(redis)
      // {'_permanent': True, 'person_id': 1}
      const pickle = '80049521000000000000007d94288c0a5f7065726d616e656e7494888c09706572736f6e5f6964944b01752e'
      await recordsOf(redis).put(`session:${old.slice('session='.length)}`, pickle)
      expect(await outcome(old)).toBe('ended')
    } finally {
      await redis.stop()
    }
  })

  async function signedIn({ url }: RedisServer, options = {}): Promise<string> {
    const { format, store } = flaskSession(url, options)
    const cookie = await signedInAs(createSessions({ format, storeTimeout: 5, store }), '7')
    await store.close()
    return cookie
  }
})
