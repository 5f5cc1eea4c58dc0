import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

/** Given, so that no run asks each program for its version, or installs it. */
const noPrograms = Object.fromEntries(
  ['CHROME_PATH', 'PYTHON', 'REDIS_SERVER', 'VALKEY_SERVER', 'POSTGRES_BIN', 'NGINX'].map((name) => [name, '/none']),
)

describe('the line that `npm test` ends with', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sojourn-tally-'))
    for (const name of ['scripts', 'node_modules', 'vitest.config.ts'])
      symlinkSync(join(repository, name), join(folder, name))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  // One run shows all of this, because each takes more than a second.
  it('counts what passed, failed and was skipped, also files that do not load; before it are failures and the slowest files', () => {
    write('a.test.ts', "it('a', () => console.log('quiet')); it.skip('c', () => {}); it.todo('d')")
    write('b.test.ts', "it('b', () => { console.log('loud'); expect('this').toBe('that') })")
    write('c.test.ts', "it('c', () => new Promise((resolve) => setTimeout(resolve, 600)))")
    write('d.test.ts', "import './missing.ts'")
    write('e.test.ts', "beforeAll(() => { throw new Error('no') }); it('e', () => {})")

    const { output, errors, status } = run()
    expect({ line: lastLine(output), status }).toEqual({ line: '2 passed, 3 failed, 3 skipped', status: 1 })
    expect(output).not.toContain('quiet')
    expect(output).toContain('loud')
    expect(errors).toContain("expected 'this' to be 'that'")
    expect(output).toMatch(/\nSlowest:\n +[\d.]+ s {2}test\/c\.test\.ts\n/)
    expect(output).toMatch(/\n✗ test\/b\.test\.ts > b\nexpected 'this' to be 'that'/)
    expect(output).toMatch(/\nRepeat: SEED=\d+ npm test -- (test\/[bde]\.test\.ts ?){3}\n/)
  })

  describe('with a test in each tier', () => {
    beforeEach(() => {
      write('jar.test.ts', "it('unit', () => {})")
      write('servers/redis.test.ts', "it('server', () => {}); it.skip('no server', () => {})")
      write('drills/outage.test.ts', "it('drill', () => expect(process.env.SEED).toMatch(/^[0-9]+$/))")
    })

    it.each([
      ['test:unit', [], {}, '1 passed, 0 failed, 0 skipped', 0],
      ['test', [], {}, '2 passed, 0 failed, 1 skipped', 0],
      ['test', ['--all'], {}, '3 passed, 0 failed, 1 skipped', 1],
      ['test', [], { CI: 'true' }, '3 passed, 0 failed, 1 skipped', 1],
      ['test', ['outage', 'jar'], {}, '2 passed, 0 failed, 0 skipped', 0],
      ['test', ['-t', 'drill'], {}, '1 passed, 0 failed, 3 skipped', 0],
    ])('`npm run %s` with %j and %j ends with: %s, and exits with %d', (tier, args, env, line, status) => {
      const { output, status: actual } = run(args, env, tier)
      expect({ line: lastLine(output), status: actual }).toEqual({ line, status })
    })

    it('drills print their seed, and take it from SEED', () => {
      const { output, status } = run([], { SEED: '1234' }, 'drills')
      expect(output).toMatch(/Seed: 1234\n[^]*\n1 passed, 0 failed, 0 skipped\n$/)
      expect(status).toBe(0)
    })
  })

  function write(file: string, code: string): void {
    const path = join(folder, 'test', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `import { beforeAll, expect, it } from 'vitest'\n${code}\n`)
  }

  const lastLine = (output: string) => output.trimEnd().split('\n').at(-1)

  function run(args: string[] = [], env: Record<string, string> = {}, tier = 'test') {
    const script = `process.chdir(${JSON.stringify(folder)}); const [tier, ...args] = process.argv.slice(1)
      await (await import('./scripts/test.mjs')).test(args, tier)`
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, '--', tier, ...args],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: folder, ...noPrograms, NO_COLOR: '1', ...env },
      },
    )
    return { output: stdout, errors: stderr, status }
  }
})
