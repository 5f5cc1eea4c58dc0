import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../support/repository.ts'
import { sojourn } from '../../support/cli.ts'

it.each([[], ['--help'], ['-h'], ['help']])('shows what there is: sojourn %s', async (...args) => {
  const { code, stdout, stderr } = await sojourn(args)

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('npx sojourn key ')
  expect(stdout).toContain('npx sojourn inspect ')
})

it.each([
  ['key', ['--write FILE', '--rotate']],
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

  expect(await sojourn(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

describe('wrong use is reported in one line, with exit code 2 and nothing on standard output:', () => {
  it.each([
    [['kye'], `There is no command 'kye'. Did you mean key?`],
    [['inspct', 'x'], `There is no command 'inspct'. Did you mean inspect?`],
    [['help', 'inspekt'], `There is no command 'inspekt'. Did you mean inspect?`],
    [['frobnicate'], `There is no command 'frobnicate'. See: npx sojourn --help`],
    [['constructor'], `There is no command 'constructor'. See: npx sojourn --help`],
    [['--verison'], `There is no option '--verison'. Did you mean --version?`],
    [['key', '--rotat'], `There is no option '--rotat'. Did you mean --rotate?`],
    [['key', '--constructor'], `There is no option '--constructor'. See: npx sojourn key --help`],
    [['inspect', '--max-aeg', '5', 'x'], `There is no option '--max-aeg'. Did you mean --max-age?`],
    [['inspect', '-x'], `There is no option '-x'. See: npx sojourn inspect --help`],
    [['inspect', '--\u001b[31m'], `There is no option '--\\u{1b}[31m'. See: npx sojourn inspect --help`],
    [['inspect', '--json=yes', 'x'], '--json takes no value.'],
    [['inspect', 'x', '--name'], '--name needs a value: --name COOKIE_NAME'],
    [['key', '--write'], '--write needs a value: --write FILE'],
    [['key', '--write='], '--write needs a value: --write FILE'],
    [['key', '--write', '--rotate'], `--write needs a value (--write FILE), and '--rotate' looks like an option.`],
    [['key', '.env'], `key takes no '.env'. To keep the key in a file: npx sojourn key --write FILE`],
  ])('%j', async (args, message) => {
    expect(await sojourn(args)).toEqual({ code: 2, stdout: '', stderr: `sojourn: ${message}\n` })
  })
})

it('has no colours in a pipe, even if they are forced', async () => {
  const env = { FORCE_COLOR: '3', SECRET_KEY: 'k'.repeat(43) }
  const [report, mistake] = [await sojourn(['inspect', 'x'], { env }), await sojourn(['x'], { env })]

  expect(report.stdout).toMatch(/^✗ /)
  expect(report.stdout + mistake.stderr).not.toContain('\u001b')
})
