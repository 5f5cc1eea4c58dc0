import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../test/support/servers/redis.ts'
import { runProgram } from './program.ts'
import { signedIn, type Visitor } from './visitors.ts'

const password = 'hunter2 & more'

describeRedis('the server with SESSION_TYPE=redis', () => {
  let folder: string
  let redis: RedisServer
  let env: Record<string, string>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'organizer-redis-'))
    redis = await startRedis({ password, args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    env = { PORT: '0', SESSION_TYPE: 'redis', REDIS_URL: urlWith(password) }
  })
  afterAll(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true })
  })

  const urlWith = (secret: string) => `redis://:${encodeURIComponent(secret)}@127.0.0.1:${redis.port}`
  const start = (more: Record<string, string> = {}) => runProgram(folder, 'main.js', [], { ...env, ...more })

  /** Resolves once the page that asks Redis itself is given again. */
  async function untilListed(visitor: Visitor, url?: string): Promise<void> {
    for (let tries = 0; tries < 150; tries++) {
      if ((await visitor.request('/organizer/devices', url)).status === 200) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('no list of devices')
  }

  it('says where its sessions are, without the password, and shares them with others', async () => {
    const servers = [start(), start({ REDIS_URL: `${urlWith(password)}/0` })]
    const [one, two] = (await Promise.all(servers.map((each) => each.url()))) as [string, string]
    await servers[0]!.said(new RegExp(`Sessions +Redis at 127\\.0\\.0\\.1:${redis.port} \\(SESSION_TYPE=redis\\)`))
    await servers[1]!.said(new RegExp(`Redis at 127\\.0\\.0\\.1:${redis.port}, database 0 `))
    const visitor = await signedIn(one)
    const answer = await visitor.request('/organizer/', two)
    expect(await answer.text()).toContain('Hello, John')
    for (const each of servers) {
      const { code, out, err } = await each.stop()
      expect([code, err]).toEqual([0, ''])
      expect(out).not.toContain('hunter2')
    }
  })

  it('goes on from the copies in cookies while Redis is gone, and says in its log that it is, and is back', async () => {
    const server = start()
    const visitor = await signedIn(await server.url())
    redis.freeze()
    const answers = [await visitor.request('/organizer/'), await visitor.request('/organizer/account')]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await answers[1]!.text()).toContain('some things have to wait')
    const devices = await visitor.request('/organizer/devices')
    expect([devices.status, devices.headers.getSetCookie()]).toEqual([503, []])
    await server.said(/the session store does not answer/)

    redis.thaw()
    await untilListed(visitor)
    await server.said(/the session store answers again/)
    expect(await (await visitor.request('/organizer/account')).text()).not.toContain('some things have to wait')
    expect((await server.stop()).code).toBe(0)
  })

  it('with SESSION_UNCONFIRMED_FOR=0 waits for Redis, and signs nobody out', async () => {
    const server = start({ SESSION_UNCONFIRMED_FOR: '0' })
    const visitor = await signedIn(await server.url())
    await redis.kill()
    const answer = await visitor.request('/organizer/')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await answer.text()).toMatch(/Back in a moment.*you stay signed in/s)
    expect((await fetch(`${await server.url()}/healthz`)).status).toBe(200)

    await redis.restart()
    for (let tries = 0; tries < 40; tries++) {
      if ((await visitor.step()) === null) break
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    expect(await visitor.step()).toBeNull()
    expect((await server.stop()).code).toBe(0)
  })

  it('starts while Redis is away, says so in a line, and whoever is signed in stays so', async () => {
    const before = start()
    const visitor = await signedIn(await before.url())
    expect((await before.stop()).code).toBe(0)
    await redis.kill()

    const server = start()
    const url = await server.url()
    expect(await server.said(/^Redis at .*/m)).toContain(
      `Redis at 127.0.0.1:${redis.port} does not answer yet (connect ECONNREFUSED 127.0.0.1:${redis.port}). Until it does, whoever is signed in goes on where their cookie has a copy, and nobody can sign in.`,
    )
    expect((await visitor.request('/organizer/', url)).status).toBe(200)
    expect(await (await fetch(`${url}/organizer/login`)).text()).toContain('signing in has to wait')

    await redis.restart()
    await server.said(/^Redis at 127\.0\.0\.1:\d+ answers now\.$/m)
    expect(await (await fetch(`${url}/organizer/login`)).text()).not.toContain('signing in has to wait')
    await untilListed(visitor, url)
    const { code, out, err } = await server.stop()
    expect([code, err]).toEqual([0, ''])
    expect(out.match(/does not answer yet/g)).toHaveLength(1)
    expect(out).not.toContain('hunter2')
  })

  it('starts while Redis says nothing, and stops while it still does', async () => {
    redis.freeze()
    const server = start()
    const url = await server.url()
    await server.said(/does not answer yet \(it says nothing\)/)
    expect((await fetch(`${url}/organizer/login`)).status).toBe(200)
    expect((await server.stop()).code).toBe(0)
    redis.thaw()
  })

  it('does not start without the database of its people, whether Redis is there or not', async () => {
    await redis.kill()
    const { code, err } = await start({ DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/organizer' }).ended
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^Organizer did not start\. Postgres at 127\.0\.0\.1:1 does not/),
    ])
    expect(err).not.toContain('hunter2')
    await redis.restart()
  })

  it('does not start with a wrong password, and does not repeat it', async () => {
    const { code, err } = await start({ REDIS_URL: urlWith('hunter3') }).ended
    expect(code).toBe(1)
    expect(err).toMatch(
      /^Organizer did not start\. Redis at 127\.0\.0\.1:\d+ refused: WRONGPASS .*\. See REDIS_URL\.\n$/,
    )
    expect(err).not.toContain('hunter')
  })
})
