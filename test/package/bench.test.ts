import { describe, expect, it } from 'vitest'
import { bench } from '../support/bench.ts'

describe('npm run bench', () => {
  it('measures one part of a small size, with plain progress', { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = bench('--only', 'stores/libsql', '--quick', '--rounds', '1')
    expect(stderr).toMatch(/^1\/1 stores: Sojourn, SQLite, libsql: adding 200 sessions$/m)
    expect(stderr).toMatch(/^1\/1 stores: round 1 of 1$/m)
    expect(stderr).toMatch(/^1\/1 stores: done in \d+ s\n$/m)
    expect(stdout).toMatch(/^operations\n\n\| µs \| read \| change \| touch \| sign-in \| sign-out \| list \|$/m)
    expect(stdout).toMatch(/^\| \*\*Sojourn, SQLite, libsql\*\* \| [\d.]+ \|/m)
    expect(status).toBe(0)
  })

  it('prints its help, and says what is wrong with an option', () => {
    expect(bench('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--only NAME') })
    expect(bench('--only', 'x')).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no part "x"') })
    const row = bench('--only', 'stores/x')
    expect(row).toMatchObject({ status: 1, stderr: expect.stringContaining('no row has these words') })
    expect(row.stderr).toContain('  Sojourn, SQLite, libsql\n')
    const node = bench('--only', 'stores', '--node', '/no/such/node')
    expect(node).toMatchObject({ status: 1, stderr: expect.stringContaining('--node /no/such/node: ') })
  })
})
