import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../support/repository.ts'
import { sojourn, sojournProcess } from '../../support/cli.ts'

it.each([[], ['--help'], ['-h'], ['help']])('shows what there is: sojourn %s', async (...args) => {
  const { code, stdout, stderr } = await sojournProcess(args)

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('npx sojourn key ')
  expect(stdout).toContain('npx sojourn inspect ')
  expect(stdout).toContain('npx sojourn doctor ')
  expect(stdout).toContain('npx sojourn sessions ')
})

it.each([
  ['key', ['--write FILE', '--rotate']],
  ['doctor', ['--url', '--prefix', '--table', '--json']],
  ['sessions', ['revoke-all', '--user', '--show', '--yes', '--json', '--prefix', '--table']],
  ['inspect', ['--name', '--audience', '--max-age', '--now', '--show', '--json', 'dataBytes']],
])('shows every option of %s', async (command, options) => {
  const asked = await sojourn([command, '--help'])

  expect(asked).toMatchObject({ code: 0, stderr: '' })
  for (const option of options) expect(asked.stdout).toContain(option)
  expect(await sojourn([command, '-h'])).toEqual(asked)
  expect(await sojourn(['help', command])).toEqual(asked)
})

it('prints its version', async () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }

  expect(await sojournProcess(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

describe('wrong use is reported in one line, with exit code 2 and nothing on standard output:', () => {
  it.each([
    [['kye'], `Unknown command 'kye'. See: npx sojourn --help`],
    [['help', 'inspekt'], `Unknown command 'inspekt'. See: npx sojourn --help`],
    [['constructor'], `Unknown command 'constructor'. See: npx sojourn --help`],
    [['--verison'], `Unknown option '--verison'. See: npx sojourn --help`],
    [['key', '--rotat'], `Unknown option '--rotat'. See: npx sojourn key --help`],
    [['key', '--constructor'], `Unknown option '--constructor'. See: npx sojourn key --help`],
    [['inspect', '-x'], `Unknown option '-x'. See: npx sojourn inspect --help`],
    [['inspect', '--\u001b[31m'], `Unknown option '--\\u{1b}[31m'. See: npx sojourn inspect --help`],
    [['inspect', '--json=yes', 'x'], "Option '--json' does not take an argument. See: npx sojourn inspect --help"],
    [['inspect', 'x', '--name'], "Option '--name <value>' argument missing. See: npx sojourn inspect --help"],
    [['key', '--write'], "Option '--write <value>' argument missing. See: npx sojourn key --help"],
    [['key', '--write='], "Option '--write' needs a value. See: npx sojourn key --help"],
    [
      ['key', '--write', '--rotate'],
      "Option '--write' argument is ambiguous. A value that begins with - needs an equals sign. See: npx sojourn key --help",
    ],
    [
      ['key', '.env'],
      `key takes no argument, but got '.env'. To write the key to a file: npx sojourn key --write FILE`,
    ],
  ])('%j', async (args, message) => {
    expect(await sojourn(args)).toEqual({ code: 2, stdout: '', stderr: `sojourn: ${message}\n` })
  })
})

it('has no colours in a pipe, even if they are forced', async () => {
  const env = { FORCE_COLOR: '3', SECRET_KEY: 'k'.repeat(43) }
  const [report, mistake] = [await sojournProcess(['inspect', 'x'], { env }), await sojournProcess(['x'], { env })]

  expect(report.stdout).toMatch(/^✗ /)
  expect(report.stdout + mistake.stderr).not.toContain('\u001b')
})
