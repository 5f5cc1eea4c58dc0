import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

describe('in a clone without packages', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sojourn-help-'))
    for (const name of ['scripts', 'bench', 'package.json', 'package-lock.json', 'organizer/src', 'test/simulation'])
      cpSync(join(repository, name), join(folder, name), {
        recursive: true,
        filter: (path) => !path.includes('node_modules'),
      })
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['start', 'organizer/dist/main.js'],
    ['people', 'organizer/dist/people.js'],
    ['cluster', 'scripts/cluster.mjs'],
  ])('npm run %s -- --help prints the help of %s, and installs nothing', (command, program) => {
    const asked = run(join(folder, 'scripts/run.mjs'), command, '--help')

    expect(asked).toMatchObject({ status: 0, stderr: '' })
    expect(asked.stdout).toBe(run(join(repository, program), '--help').stdout)
    expect(run(join(folder, 'scripts/run.mjs'), command, '-h').stdout).toBe(asked.stdout)
    expect(existsSync(join(folder, 'node_modules'))).toBe(false)
  })

  it.each(['test', 'drills', 'bench', 'simulate'])('npm run %s -- --help installs nothing either', (command) => {
    expect(run(join(folder, 'scripts/run.mjs'), command, '--help')).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(folder, 'node_modules'))).toBe(false)
  })

  function run(...args: string[]) {
    return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 20_000 })
  }
})
