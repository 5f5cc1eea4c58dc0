import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from './support/program.ts'

const secret = 'a secret of these tests, 32 bytes or more'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'organizer-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Starts a program in the folder, with `input` as its standard input. */
function run(program: string, args: string[] = [], env: Record<string, string> = {}, input = '') {
  const running = runProgram(folder, program, args, env)
  running.child.stdin.end(input)
  return running
}

describe('npm run people', () => {
  it('adds a person with the password from standard input, lists them, and adds nobody twice', async () => {
    const added = await run('people.js', ['add', '--email', 'Grace.Hopper@example.com'], {}, 'nanoseconds of wire\n')
      .ended
    expect(added).toMatchObject({ code: 0, out: 'Grace Hopper <grace.hopper@example.com> can sign in now.\n', err: '' })
    const again = await run('people.js', ['add', '--email', 'grace.hopper@example.com'], {}, 'nanoseconds of wire\n')
      .ended
    expect(again).toMatchObject({ code: 1, err: 'grace.hopper@example.com already has an account.\n' })
    const list = await run('people.js', ['list'], { NODE_ENV: 'production' }).ended
    expect(list.out).toMatch(/^\d{4}-\d\d-\d\d {2}grace\.hopper@example\.com {2}Grace Hopper\n$/)

    const server = run('main.js', [], { NODE_ENV: 'production', SECRET_KEY: secret, PORT: '0' })
    const { url } = JSON.parse((await server.waitForOutput(/\{.*Organizer is running.*\}/))[0])
    expect(await (await fetch(`${url}/organizer/login`)).text()).not.toContain('Demo')
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })

  it.each([
    [['add', '--email', 'a@example.com'], 'too short\n', 1, 'at least 12 characters'],
    [['add', '--email', 'a@example.com'], '', 1, 'at least 12 characters'],
    [['add', '--email', 'a@example.com'], 'x'.repeat(2000), 1, 'longer than 1024 bytes'],
    [['add'], 'nanoseconds of wire\n', 2, '--email'],
    [['add', '--email', 'nobody'], 'nanoseconds of wire\n', 2, 'is not an email address'],
    [['add', '--mail', 'a@example.com'], '', 2, "Unknown option '--mail'"],
    [['remove'], '', 2, 'Unknown command remove'],
    [['list', 'all'], '', 2, 'Unexpected argument all.'],
    [[], '', 2, 'Adds and lists the people who may sign in'],
  ])('with %j prints a clear error', async (args, input, code, sentence) => {
    const result = await run('people.js', args, {}, input).ended
    expect(result.code).toBe(code)
    expect(result.err).toContain(sentence)
    expect(result.err).not.toContain('    at ')
    expect((await run('people.js', ['list']).ended).out).toContain('No people yet')
  })

  it('prints its help', async () => {
    const help = await run('people.js', ['--help']).ended
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain('npm run people -- add --email ada@example.com')
  })
})
