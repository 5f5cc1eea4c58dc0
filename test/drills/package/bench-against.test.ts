import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bench } from '../../support/bench.ts'
import { repository } from '../../support/repository.ts'

describe.runIf(existsSync(join(repository, '.git')))('npm run bench -- --against', () => {
  it('compares two revisions', { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = bench('--against', 'HEAD', '--only', 'stores/libsql', '--quick', '--rounds', '2')
    expect(stderr).toMatch(/^1\/1 stores/)
    expect(stdout).toMatch(/^\|  \| here \| HEAD \| × \| half are within \|$/m)
    const numbers = String.raw`\| [\d.,]+ \| [\d.,]+ \| [\d.]+ \| [\d.]+–[\d.]+ \|`
    expect(stdout).toMatch(new RegExp(String.raw`^\| stores: Sojourn, SQLite, libsql, read, 200 ${numbers}$`, 'm'))
    expect(status).toBe(0)
  })

  it('says which revision does not exist', () => {
    const { status, stderr } = bench('--against', 'no-such-branch')
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--against no-such-branch:'),
    })
  })
})
