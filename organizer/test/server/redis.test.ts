import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../../test/support/servers/redis.ts'
import { runProgram } from '../support/program.ts'
import { signInVisitor, type Visitor } from '../support/visitors.ts'

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

  /** Resolves when the devices page, which reads from Redis, works again. */
  async function untilListed(visitor: Visitor, url?: string): Promise<void> {
    for (let tries = 0; tries < 150; tries++) {
      if ((await visitor.request('/organizer/devices', url)).status === 200) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('no list of devices')
  }

  it('prints the address of Redis without the password, and shares sessions with another server', async () => {
    const servers = [start(), start({ REDIS_URL: `${urlWith(password)}/0` })]
    const [one, two] = (await Promise.all(servers.map((each) => each.url()))) as [string, string]
    await servers[0]!.waitForOutput(
      new RegExp(`Sessions +Redis at 127\\.0\\.0\\.1:${redis.port} \\(SESSION_TYPE=redis\\)`),
    )
    await servers[1]!.waitForOutput(new RegExp(`Redis at 127\\.0\\.0\\.1:${redis.port}, database 0 `))
    const visitor = await signInVisitor(one)
    const response = await visitor.request('/organizer/', two)
    expect(await response.text()).toContain('Hello, John')
    for (const each of servers) {
      const { code, out, err } = await each.stop()
      expect([code, err]).toEqual([0, ''])
      expect(out).not.toContain('hunter2')
    }
  })

  it('uses the copies in cookies while Redis is down, and logs the outage and the recovery', async () => {
    const server = start()
    const visitor = await signInVisitor(await server.url())
    redis.freeze()
    const responses = [await visitor.request('/organizer/'), await visitor.request('/organizer/account')]
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    expect(await responses[1]!.text()).toContain('You&#39;re still signed in and can keep working')
    const devices = await visitor.request('/organizer/devices')
    expect([devices.status, devices.headers.getSetCookie()]).toEqual([503, []])
    const [line] = await server.waitForOutput(/^.*did not answer.*$/m)
    expect(line).toBe(`Redis at 127.0.0.1:${redis.port} did not answer within 0.25 s`)

    redis.thaw()
    await untilListed(visitor)
    await server.waitForOutput(/the session store answers again/)
    expect(await (await visitor.request('/organizer/account')).text()).not.toContain(
      'You&#39;re still signed in and can keep working',
    )
    expect((await server.stop()).code).toBe(0)
  })

  it('with SESSION_UNCONFIRMED_FOR=0 responds 503 while Redis is down, and signs nobody out', async () => {
    const server = start({ SESSION_UNCONFIRMED_FOR: '0' })
    const visitor = await signInVisitor(await server.url())
    await redis.kill()
    const response = await visitor.request('/organizer/')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.text()).toMatch(/Back in a moment.*you stay signed in/s)
    expect((await fetch(`${await server.url()}/healthz`)).status).toBe(200)

    await redis.restart()
    for (let tries = 0; tries < 40; tries++) {
      if ((await visitor.step()) === null) break
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    expect(await visitor.step()).toBeNull()
    expect((await server.stop()).code).toBe(0)
  })

  it('starts while Redis is down, prints that in one line, and keeps users signed in', async () => {
    const before = start()
    const visitor = await signInVisitor(await before.url())
    expect((await before.stop()).code).toBe(0)
    await redis.kill()

    const server = start()
    const url = await server.url()
    expect(await server.waitForOutput(/^Redis at .*/m)).toContain(
      `Redis at 127.0.0.1:${redis.port} does not answer yet (connect ECONNREFUSED 127.0.0.1:${redis.port}). Until it does, users stay signed in if their cookie has a copy of the session, and sign-ins fail.`,
    )
    expect((await visitor.request('/organizer/', url)).status).toBe(200)
    expect(await (await fetch(`${url}/organizer/login`)).text()).toContain('signing in does not work')

    await redis.restart()
    await server.waitForOutput(/^Redis at 127\.0\.0\.1:\d+ answers now\.$/m)
    expect(await (await fetch(`${url}/organizer/login`)).text()).not.toContain('signing in does not work')
    await untilListed(visitor, url)
    const { code, out, err } = await server.stop()
    expect([code, err]).toEqual([0, ''])
    expect(out.match(/does not answer yet/g)).toHaveLength(1)
    expect(out).not.toContain('hunter2')
  })

  it('starts, and stops, while Redis accepts connections but sends nothing', async () => {
    redis.freeze()
    const server = start()
    const url = await server.url()
    await server.waitForOutput(/does not answer yet \(no answer in 2 seconds\)/)
    expect((await fetch(`${url}/organizer/login`)).status).toBe(200)
    expect((await server.stop()).code).toBe(0)
    redis.thaw()
  })

  it('does not start without its database, even while Redis is down', async () => {
    await redis.kill()
    const { code, err } = await start({ DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/organizer' }).ended
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^Organizer did not start\. Postgres at 127\.0\.0\.1:1 does not/),
    ])
    expect(err).not.toContain('hunter2')
    await redis.restart()
  })

  it('does not start with a wrong password, and does not print it', async () => {
    const { code, err } = await start({ REDIS_URL: urlWith('hunter3') }).ended
    expect(code).toBe(1)
    expect(err).toMatch(
      /^Organizer did not start\. Redis at 127\.0\.0\.1:\d+ refused: WRONGPASS .*\. Check REDIS_URL\.\n$/,
    )
    expect(err).not.toContain('hunter')
  })
})
