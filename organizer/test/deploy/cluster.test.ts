import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeRedis, redisServer } from '../../../test/support/servers/redis.ts'
import { freePort } from '../../../test/support/servers/server.ts'
import { runNode, type Program } from '../support/program.ts'
import { runUnderTraffic, signInVisitor, signInVisitors } from '../support/visitors.ts'

const program = fileURLToPath(new URL('../../../scripts/cluster.mjs', import.meta.url))
const [oldKey, newKey] = ['an old key of these tests, 32 bytes or more', 'a new key of these tests, 32 bytes or more']

let folder: string
let clusters: Program[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'organizer-cluster-'))
  clusters = []
})
afterEach(async () => {
  await Promise.all(clusters.map((each) => each.stop()))
  rmSync(folder, { recursive: true })
})

/** Starts the cluster in the test's folder. */
function cluster(args: string[] = ['--port', '0'], env: Record<string, string | undefined> = {}) {
  const started = runNode(folder, program, args, { REDIS_SERVER: redisServer, NO_COLOR: '1', ...env })
  clusters.push(started)
  return started
}

const writeKeys = (current: string, ...fallbacks: string[]) =>
  writeFileSync(join(folder, '.env'), `SECRET_KEY="${current}"\nSECRET_KEY_FALLBACKS='${JSON.stringify(fallbacks)}'\n`)

describeRedis('three organizers behind one port', () => {
  it('are restarted and get a new key under traffic; nobody is signed out, and no request fails', async () => {
    writeKeys(oldKey)
    const running = cluster()
    const url = await running.url()
    const visitors = await signInVisitors(url, 20)

    const restart = async (times: number) => {
      running.child.stdin.write('r\n')
      await running.waitForOutput(/All organizers were restarted/, times)
    }
    const { steps, errors } = await runUnderTraffic(visitors, async () => {
      await restart(1)
      // Two roll-outs: first all servers can open cookies of the new key, then they seal with it.
      writeKeys(oldKey, newKey)
      await restart(2)
      writeKeys(newKey, oldKey)
      await restart(3)
    })
    expect(errors).toEqual([])
    expect(steps).toBeGreaterThan(200)

    // All cookies have the new key by now, so the old one is not needed.
    writeKeys(newKey)
    const afterwards = await runUnderTraffic(visitors, () => restart(4))
    expect(afterwards.errors).toEqual([])

    for (const number of [1, 2, 3]) expect(running.out()).toContain(`Organizer ${number}  GET /organizer/ 200 `)
    const data = join(folder, '.data')
    expect(existsSync(join(data, 'redis', 'appendonlydir'))).toBe(true)
    running.child.kill('SIGINT')
    const { code, err } = await running.ended
    expect([code, err]).toEqual([0, ''])
  }, 90_000)

  it('keep users signed in when everything restarts, including Redis, and work when one of them dies', async () => {
    const first = cluster()
    const port = new URL(await first.url()).port
    const visitor = await signInVisitor(`http://127.0.0.1:${port}`)
    expect(existsSync(join(folder, '.data', 'development.key'))).toBe(true)
    await first.stop()

    const second = cluster(['--port', port], { DATABASE_URL: '' })
    await second.url()
    expect(await visitor.step()).toBeNull()

    process.kill(Number((await second.waitForOutput(/Organizer 2 +\S+, process (\d+)/))[1]), 'SIGKILL')
    for (let step = 0; step < 10; step++) expect(await visitor.step()).toBeNull()
    await second.waitForOutput(/Organizer 2 ended \(SIGKILL\)\. Starting it again\./)
    await second.waitForOutput(/Organizer 2 is back/)

    // A start error is printed once, although it is retried, and a roll-out that it stops says so.
    const file = join(folder, '.env')
    writeFileSync(file, 'SECRET_KEY=short\n')
    process.kill(Number((await second.waitForOutput(/Organizer 2 is back: \S+ process (\d+)/))[1]), 'SIGKILL')
    await second.waitForOutput(/Organizer 2 does not start\. Retrying until it does\.\nOrganizer did not start\./)
    second.child.stdin.write('r\n')
    await second.waitForOutput(/✗ Stopped at Organizer 1\. Fix the cause/)
    for (let step = 0; step < 10; step++) expect(await visitor.step()).toBeNull()
    rmSync(file)
    await second.waitForOutput(/Organizer 1 is back/)
    await second.waitForOutput(/Organizer 2 is back/, 2)
    expect(second.out().match(/Organizer did not start/g)).toHaveLength(2)
    second.child.stdin.write('r\n')
    await second.waitForOutput(/All organizers were restarted/)
    expect(await visitor.step()).toBeNull()

    const refused = await cluster().ended
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^Another cluster uses .*\.data\. Stop it/),
    })
    expect(await visitor.step()).toBeNull()
  }, 60_000)

  it('get Redis back, even if it fails to start several times', async () => {
    const [program, fails, pid] = ['redis', 'fails', 'pid'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    // By default Redis may lose its last second if it is killed, and with it the sign-in.
    const script = `[ ! -e "${fails}" ] || { echo >> "${fails}"; exit 1; }\necho $$ > "${pid}"\nexec "${redisServer}" "$@" --appendfsync always`
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
    const running = cluster(['--port', '0'], { REDIS_SERVER: program })
    const visitor = await signInVisitor(await running.url())

    writeFileSync(fails, '')
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL')
    for (let tries = 0; readFileSync(fails, 'utf8').length < 2 && tries < 200; tries++) await sleep(50)
    expect(await visitor.step()).toBeNull() // from the copy in the cookie
    rmSync(fails)
    await running.waitForOutput(/Redis ended \(SIGKILL\)\. Starting it again\./)
    await running.waitForOutput(/Redis is back:/)
    // Each of the three has to find out.
    let listed = 0
    for (let tries = 0; listed < 3 && tries < 400; tries++) {
      listed = (await visitor.request('/organizer/devices')).status === 200 ? listed + 1 : 0
      await sleep(50)
    }
    expect(listed).toBe(3)
    expect(running.out().match(/did not start/g)).toHaveLength(1)
  }, 60_000)
})

describe('the cluster', () => {
  it.each([
    [['--help'], 0, 'npm run cluster -- --port 8080'],
    [['--port', 'http'], 1, 'The port must be a number from 0 to 65535, not "http".'],
    [['--ports', '1'], 1, "Unknown option '--ports'. See npm run cluster -- --help"],
  ])('with %j explains what to do', async (args, code, sentence) => {
    const ended = await cluster(args).ended
    expect(ended.code).toBe(code)
    expect(ended.out + ended.err).toContain(sentence)
    expect(ended.err).not.toContain('    at ')
  })

  it('refuses a PORT that is no number', async () => {
    const { code, err } = await cluster([], { PORT: 'http' }).ended
    expect({ code, err }).toEqual({ code: 1, err: 'The port must be a number from 0 to 65535, not "http".\n' })
  })

  it('says what to install if Redis is missing, and starts nothing', async () => {
    const { code, err } = await cluster([], { PATH: folder, REDIS_SERVER: '' }).ended
    expect(code).toBe(1)
    expect(err).toMatch(/^Redis is not installed.*apt-get install -y redis-server.*REDIS_URL=redis:/s)
  })

  it('prints one line without the password if an organizer cannot start', async () => {
    const env = { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/organizer' }
    const { code, err } = await cluster([], env).ended
    expect(code).toBe(1)
    expect(err).toMatch(/Organizer did not start\. Postgres at 127\.0\.0\.1:1 does not answer: .*\n$/)
    expect(err).not.toContain('hunter2')
  })

  it('listens on PORT, and starts while the Redis of REDIS_URL is down, and says so', async () => {
    const port = await freePort()
    const running = cluster([], { REDIS_URL: 'redis://:hunter2@127.0.0.1:1', PORT: `${port}` })
    expect(await running.url()).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${await running.url()}/organizer/login`)).status).toBe(200)
    expect(running.out()).toMatch(/^Organizer 1  Redis at 127\.0\.0\.1:1 does not answer yet \(connect ECONNREFUSED/m)
    await running.stop()
    expect(running.out()).not.toContain('hunter2')
  })
})
