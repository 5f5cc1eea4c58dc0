import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { secret } from '../../support/sessions.ts'
import { command, sojourn, sojournProcess } from '../../support/cli.ts'

const env = { SECRET_KEY: secret('first') }

// Sequences that colour, erase and retitle a terminal, in 7 and in 8 bits; what turns the direction of writing; a lone surrogate.
const steering = '\u001b[31m\u001b]0;title\u0007\r\b\u009b2J\u007f\u0000\u202e\u2066\u2028\ud800'
const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** The printed lines. */
const linesOf = (text: string) => text.split('\n')

it('spells out what would steer a terminal: in data and its keys, labels and users', async () => {
  const sessions = createSessions({ secrets: [env.SECRET_KEY], cookie: { secure: true } })
  const data = JSON.parse(`{"__proto__":"own","plain":"é 字 🔑"}`) as Record<string, unknown>
  data[`key ${steering}`] = [`value ${steering}`]
  const cookie = await signedInAs(sessions, `ada ${steering}`, { label: `label ${steering}`, data })

  const people = await sojourn(['inspect', '--show', cookie], { env })
  expect(people.code).toBe(0)
  for (const line of linesOf(people.stdout)) expect(line).not.toMatch(control)
  expect(people.stdout).toContain('user       ada \\u{1b}[31m\\u{1b}]0;title\\u{7}\\u{d}\\u{8}\\u{9b}2J')
  expect(people.stdout).toContain('"é 字 🔑"')

  const programs = await sojourn(['inspect', '--show', '--json', cookie], { env })
  const [line = '', ...rest] = linesOf(programs.stdout)
  expect(rest).toEqual([''])
  expect(line).not.toMatch(control)
  const printed = JSON.parse(line) as { userId: string; data: Record<string, unknown> }
  expect(printed.userId).toBe(`ada ${steering}`)
  expect(Object.entries(printed.data).toSorted()).toEqual(Object.entries(data).toSorted())
})

it('gives every line its answer, whatever is in it', async () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).filter((byte) => byte > 0x20))
  const piece = fc.constantFrom(
    '=',
    ';',
    ' ',
    '__Host-Http-session=',
    'session',
    'Cookie: ',
    'Set-Cookie: ',
    "'",
    '\0',
    '-',
  )
  const hostile = fc
    .array(
      fc.oneof(
        bytes,
        piece.map((text) => Buffer.from(text)),
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => Buffer.concat([Buffer.from('x'), ...parts.map((part) => Buffer.from(part)), Buffer.from('\n')]))
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 100, maxLength: 100 }), async (lines) => {
      const input = Buffer.concat(lines)
      const programs = await sojourn(['inspect', '--json'], { env, input })
      expect(programs).toMatchObject({ code: 1, stderr: '' })
      expect(
        linesOf(programs.stdout)
          .slice(0, -1)
          .map((line) => typeof JSON.parse(line)),
      ).toHaveLength(100)

      const people = await sojourn(['inspect'], { env, input })
      expect(people).toMatchObject({ code: 1, stderr: '' })
      expect(people.stdout).toMatch(/\n100 cookies: /)
      for (const line of linesOf(people.stdout)) expect(line).not.toMatch(control)
    }),
    { numRuns: 5 },
  )
})

it('takes a line of a megabyte for what it is', async () => {
  const megabyte = 'A'.repeat(1 << 20)
  const input = [megabyte, `session=${megabyte}`, `Cookie: ${'a=b; '.repeat(1 << 18)}`, ';'.repeat(1 << 20)].join('\n')
  const { code, stdout, stderr } = await sojournProcess(['inspect', '--json'], { env, input })

  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  const printed = linesOf(stdout.trimEnd()).map((line) => JSON.parse(line) as { outcome: string; bytes: number })
  expect(printed.map(({ outcome, bytes }) => [outcome, bytes])).toEqual([
    ['malformed', 1 << 20],
    ['malformed', 1 << 20],
    ['none', 0],
    ['none', 0],
  ])
})

it('ends quietly when the reader closes the pipe', async () => {
  const child = spawn(process.execPath, [command, 'inspect', '--json'], { env })
  const [errors, closed] = [text(child.stderr), once(child, 'close')]
  child.stdin.on('error', () => {})
  child.stdin.end('x\n'.repeat(20_000))
  await once(child.stdout, 'data')
  child.stdout.destroy()

  expect(await errors).toBe('')
  expect((await closed)[1]).toBe(null)
})
