import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { showProgress } from '../../scripts/progress-bar.mjs'
import { repository } from '../support/repository.ts'

/** An npm that notes its arguments, and installs the packages; it fails if a file `fail` lists the argument. */
const npm = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
const args = process.argv.slice(2)
appendFileSync('calls', args.join(' ') + '\\n')
if (existsSync('fail') && args.includes(readFileSync('fail', 'utf8'))) process.exit(1)
rmSync('node_modules', { recursive: true, force: true })
for (const [path, entry] of Object.entries(JSON.parse(readFileSync('package-lock.json', 'utf8')).packages)) {
  if (path === '' || (entry.dev && args.includes('--omit=dev'))) continue
  mkdirSync(path, { recursive: true })
  writeFileSync(path + '/package.json', '{}')
}
writeFileSync('node_modules/.package-lock.json', '{}')
`

describe('what a command installs', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sojourn-install-'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    mkdirSync(join(folder, 'npm'))
    writeFileSync(join(folder, 'npm/npm-cli.js'), npm)
    writeLock('one')
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('is only what running needs, and everything once tests need it', () => {
    expect([install('run'), install('run')]).toEqual([['--omit=dev'], []])
    expect(existsSync(join(folder, 'node_modules/vitest'))).toBe(false)

    expect([install('all'), install('run'), install('all')]).toEqual([['--include=dev'], [], []])
    expect(existsSync(join(folder, 'node_modules/vitest'))).toBe(true)
  })

  it('keeps the packages for tests when the lock file changes', () => {
    install('all')
    writeLock('other')

    expect(install('run')).toEqual(['--include=dev'])
  })

  it('keeps them in a folder that npm itself has set up', () => {
    mkdirSync(join(folder, 'node_modules'))
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}')

    expect(install('run')).toEqual(['--include=dev'])
  })

  it('is installed again if a package was removed', () => {
    install('run')
    rmSync(join(folder, 'node_modules/hono'), { recursive: true })

    expect(install('run')).toEqual(['--omit=dev'])
  })

  it('is asked of the registry if the cache does not have it', () => {
    writeFileSync(join(folder, 'fail'), '--prefer-offline')

    expect(install('run')).toEqual(['--omit=dev', '--omit=dev'])
    expect(install('run')).toEqual([])
  })

  it('fails if npm does, and the next run tries again', () => {
    writeFileSync(join(folder, 'fail'), '--omit=dev')
    expect(() => install('run')).toThrow('The installation failed')
    rmSync(join(folder, 'fail'))

    expect(install('run')).toEqual(['--omit=dev'])
  })

  /** Installs in a process of its own. Returns what each call of npm had to do with packages for development. */
  function install(scope: string): string[] {
    const module = join(repository, 'scripts/install.mjs')
    const script = `const { install } = await import(${JSON.stringify(module)}); process.exit((await install('.', '${scope}')) ? 0 : 1)`
    rmSync(join(folder, 'calls'), { force: true })
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      env: { ...process.env, npm_execpath: join(folder, 'npm/npm-cli.js') },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stderr)
    if (!existsSync(join(folder, 'calls'))) return []
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n')
    return calls.map((call) => /--\w+=dev/.exec(call)![0])
  }

  function writeLock(name: string): void {
    const packages = {
      '': { name },
      'node_modules/hono': {},
      'node_modules/vitest': { dev: true },
      'node_modules/fsevents': { optional: true },
    }
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ name, packages }))
  }
})

describe('the progress bar', () => {
  it('is drawn on a terminal, and removed at the end', () => {
    vi.useFakeTimers()
    let [done, written] = [0, '']
    const screen = { isTTY: true, write: (text: string) => (written += text) }
    const hide = showProgress('Installing', () => done, 40, screen)
    done = 10
    vi.advanceTimersByTime(200)
    expect(written.split('\r').at(-1)).toBe('Installing  ██████░░░░░░░░░░░░░░░░░░  10 of 40\u001b[K')
    hide()
    vi.advanceTimersByTime(1000)

    expect(written.split('\r').at(-1)).toBe('\u001b[K')
    vi.useRealTimers()
  })

  it('is not drawn elsewhere', () => {
    const write = vi.fn()
    showProgress('Installing', () => 0, 40, { isTTY: false, write })()

    expect(write).not.toHaveBeenCalled()
  })
})
