import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { readSecretsFromEnv } from '../../../src/formats/secrets.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { folder, sojourn } from '../../support/cli.ts'

const [former, older, oldest] = ['former', 'older', 'oldest'].map((name) => name.padEnd(43, '-b7Kq2_vR9xT')) as [
  string,
  string,
  string,
]

/** Runs `key --write .env --rotate` on a file of these bytes. */
async function rotate(content: string | Uint8Array) {
  const cwd = folder()
  const path = join(cwd, '.env')
  writeFileSync(path, content, { mode: 0o644 })
  const run = await sojourn(['key', '--write', '.env', '--rotate'], { cwd })
  const bytes = readFileSync(path)
  const text = bytes.toString()
  return { ...run, bytes, text, mode: statSync(path).mode & 0o777, files: readdirSync(cwd) }
}

/** The file with the new key written as `NEW`. */
const named = (text: string) => text.replace(/(SECRET_KEY *= *["']?)([\w-]{43})/, '$1NEW')

describe('--write --rotate', () => {
  it.each([
    ['none', `SECRET_KEY=${former}\n`, `SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS=${former}\n`],
    ['none, no line end', `SECRET_KEY=${former}`, `SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS=${former}\n`],
    [
      'none, in a shell script',
      `export SECRET_KEY="${former}" # the key\nA=1`,
      `export SECRET_KEY="NEW" # the key\nexport SECRET_KEY_FALLBACKS=${former}\nA=1`,
    ],
    [
      'commas',
      `A=1\nSECRET_KEY_FALLBACKS=${older}, ${oldest} # two\nSECRET_KEY = ${former}\nB=2`,
      `A=1\nSECRET_KEY_FALLBACKS=${former},${older},${oldest} # two\nSECRET_KEY = NEW\nB=2`,
    ],
    [
      'commas in quotes',
      `SECRET_KEY='${former}'\r\nSECRET_KEY_FALLBACKS="${older}"\r\n`,
      `SECRET_KEY='NEW'\r\nSECRET_KEY_FALLBACKS="${former},${older}"\r\n`,
    ],
    ['empty', `SECRET_KEY=${former}\nSECRET_KEY_FALLBACKS=\n`, `SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS=${former}\n`],
    [
      'JSON',
      `SECRET_KEY=${former}\nSECRET_KEY_FALLBACKS=["${older}"]\n`,
      `SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS=["${former}","${older}"]\n`,
    ],
    [
      'JSON in quotes',
      `SECRET_KEY=${former}\nSECRET_KEY_FALLBACKS='["${older}"]'\n`,
      `SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS='["${former}","${older}"]'\n`,
    ],
    [
      'the key itself',
      `SECRET_KEY=${former}\nSECRET_KEY_FALLBACKS=${older},${former}\n`,
      `SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS=${former},${older}\n`,
    ],
  ])('puts the former key in front of the fallbacks, written as they were: %s', async (_, before, after) => {
    const { code, stdout, text, mode, files } = await rotate(before)

    expect({ code, stdout, mode, files }).toEqual({ code: 0, stdout: '', mode: 0o600, files: ['.env'] })
    expect(named(text)).toBe(after)
    expect(text).not.toContain('NEW')
  })

  it('leaves every other byte as it was, whatever its encoding', async () => {
    const around = [Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0d, 0x0a]), Buffer.from('\r\nB="x\ny"\n\n# é\n  C=')]
    const { code, bytes } = await rotate(Buffer.concat([around[0]!, Buffer.from(`SECRET_KEY=${former}`), around[1]!]))

    expect(code).toBe(0)
    const inserted = bytes.subarray(around[0]!.length, bytes.length - around[1]!.length).toString('latin1')
    expect(named(inserted)).toBe(`SECRET_KEY=NEW\r\nSECRET_KEY_FALLBACKS=${former}`)
    expect(bytes.subarray(0, around[0]!.length)).toEqual(around[0])
    expect(bytes.subarray(-around[1]!.length)).toEqual(around[1])
  })

  it('prints keys of any characters, for Node and for a shell', async () => {
    const hard = `${'a'.repeat(32)}, "#$HOME \\ é\u{1f511} 'it`
    const { code, text } = await rotate(`SECRET_KEY=\`${hard}\`\nSECRET_KEY_FALLBACKS=${older}\n`)

    expect(code).toBe(0)
    expect(readSecretsFromEnv(parseEnv(text))?.slice(1)).toEqual([hard, older])
    const [, fallbacks] = text.split('\n')
    const shell = execFileSync('sh', ['-c', `${fallbacks}; printf %s "$SECRET_KEY_FALLBACKS"`], { encoding: 'utf8' })
    expect(JSON.parse(shell)).toEqual([hard, older])
  })

  it('keeps a person signed in who signed in before', async () => {
    const cookie = await signedInAs(createSessions({ secrets: [former] }), 'ada')
    const { text } = await rotate(`SECRET_KEY=${former}\n`)

    const session = await createSessions({ secrets: readSecretsFromEnv(parseEnv(text))! }).open(cookie)
    expect(session.userId).toBe('ada')
  })

  it('explains the two roll-outs and when the former key can go, and prints no key', async () => {
    const { stderr, text } = await rotate(`SECRET_KEY=${former}\n`)

    expect(stderr).toContain('Two roll-outs')
    expect(stderr).toContain('one idle timeout (7 days by default) after the last server has the new one')
    for (const secret of readSecretsFromEnv(parseEnv(text))!) expect(stderr).not.toContain(secret)
  })

  it('warns of a former key that the library refuses', async () => {
    const { code, stderr } = await rotate('SECRET_KEY=short\n')

    expect(code).toBe(0)
    expect(stderr).toContain('too short or easy to guess')
    expect((await rotate(`SECRET_KEY=${former}\n`)).stderr).not.toContain('too short')
  })

  it.each([
    ['A=1\n', 'has no SECRET_KEY to rotate'],
    ['SECRET_KEY=\n', 'has no SECRET_KEY to rotate'],
    [`SECRET_KEY_FALLBACKS=${older}\n`, 'has no SECRET_KEY to rotate'],
    [`SECRET_KEY=${former}\nA=1\nSECRET_KEY=${older}\n`, 'sets SECRET_KEY on lines 1 and 3'],
    [`SECRET_KEY=${former}\nSECRET_KEY_FALLBACKS=[${older}]\n`, 'SECRET_KEY_FALLBACKS must be a JSON array'],
    [`SECRET_KEY=${former}\nexport\tSECRET_KEY_FALLBACKS=${older}\n`, 'ambiguous lines'],
    [`A='open\nSECRET_KEY="${former},"\n`, 'such as a quote that is never closed'],
  ])('changes nothing in %j', async (before, complaint) => {
    const { code, stdout, stderr, text, mode, files } = await rotate(before)

    expect({ code, stdout, text, mode, files }).toEqual({
      code: 1,
      stdout: '',
      text: before,
      mode: 0o644,
      files: ['.env'],
    })
    expect(stderr).toContain(complaint)
    for (const key of [former, older]) expect(stderr).not.toContain(key)
  })

  it('says that there is no file', async () => {
    const { code, stderr } = await sojourn(['key', '--write', '.env', '--rotate'])

    expect(code).toBe(1)
    expect(stderr).toBe(
      `sojourn: '.env' does not exist, so there is no key to rotate. Create the first key: npx sojourn key --write .env\n`,
    )
  })
})

describe('--rotate', () => {
  it('prints both lines for the keys of the environment', async () => {
    const { code, stdout, stderr } = await sojourn(['key', '--rotate'], {
      env: { SECRET_KEY: former, SECRET_KEY_FALLBACKS: older },
    })

    expect(code).toBe(0)
    expect(named(stdout)).toBe(`SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS=${former},${older}\n`)
    expect(stderr).toContain('Two roll-outs')
    for (const key of [former, older]) expect(stderr).not.toContain(key)
  })

  it('prints a JSON array where the environment has one, in quotes for a shell', async () => {
    const env = { SECRET_KEY: former, SECRET_KEY_FALLBACKS: ` ["${older}"]` }
    const { stdout } = await sojourn(['key', '--rotate'], { env })

    expect(named(stdout)).toBe(`SECRET_KEY=NEW\nSECRET_KEY_FALLBACKS='["${former}","${older}"]'\n`)
  })

  it('prints lines that read as the same keys, whatever they are', async () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'))
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(secret, { minLength: 1, maxLength: 3 }), async (keys) => {
        const [first = '', ...rest] = keys
        const env = { SECRET_KEY: first, SECRET_KEY_FALLBACKS: JSON.stringify(rest) }
        const { stdout } = await sojourn(['key', '--rotate'], { env })
        expect(readSecretsFromEnv(parseEnv(stdout))?.slice(1)).toEqual(keys)
      }),
      { numRuns: 20 },
    )
  })

  it('says that there is no key', async () => {
    const { code, stdout, stderr } = await sojourn(['key', '--rotate'])

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^sojourn: SECRET_KEY is not set, .*npx sojourn key --write \.env --rotate\n$/)
  })
})
