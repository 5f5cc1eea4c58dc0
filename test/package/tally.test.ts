import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

describe('the line that `npm test` ends with', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sojourn-tally-'))
    for (const name of ['scripts', 'node_modules']) symlinkSync(join(repository, name), join(folder, name))
    mkdirSync(join(folder, 'test'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('counts what passed, failed and was skipped', () => {
    write('a.test.ts', "it('a', () => {}); it('b', () => { expect(1).toBe(2) }); it.skip('c', () => {}); it.todo('d')")

    expect(npmTest()).toEqual({ line: '1 passed, 1 failed, 2 skipped', status: 1 })
  })

  it('counts a file that does not load, and a hook that throws, as failed', () => {
    write('a.test.ts', "it('a', () => {})")
    write('b.test.ts', "import './missing.ts'")
    write('c.test.ts', "beforeAll(() => { throw new Error('no') }); it('c', () => {})")

    expect(npmTest()).toEqual({ line: '1 passed, 2 failed, 1 skipped', status: 1 })
  })

  it('is all right about what was skipped, on a person’s machine', () => {
    write('a.test.ts', "it('a', () => {}); it.skip('b', () => {})")

    expect(npmTest()).toEqual({ line: '1 passed, 0 failed, 1 skipped', status: 0 })
  })

  it.each([
    [['--all'], {}],
    [[], { CI: 'true' }],
  ])('fails for what was skipped, given %j %j', (args, env) => {
    write('a.test.ts', "it('a', () => {}); it.skip('b', () => {})")

    expect(npmTest(args, env)).toEqual({ line: '1 passed, 0 failed, 1 skipped', status: 1 })
  })

  function write(file: string, code: string): void {
    writeFileSync(join(folder, 'test', file), `import { beforeAll, expect, it } from 'vitest'\n${code}\n`)
  }

  function npmTest(args: string[] = [], env: Record<string, string> = {}) {
    const script = `process.chdir(${JSON.stringify(folder)}); await (await import('./scripts/test.mjs')).test(process.argv.slice(1))`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder, CHROME_PATH: process.execPath, ...env },
    })
    return { line: stdout.trimEnd().split('\n').at(-1), status }
  }
})
