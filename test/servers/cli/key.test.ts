import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { folder, sojourn, sojournProcess } from '../../support/cli.ts'

const line = /^SECRET_KEY=([\w-]{43})$/

it('prints one line with a key of 32 bytes, another one each time', async () => {
  const runs = [await sojournProcess(['key']), await sojournProcess(['key'])]

  const keys = runs.map(({ code, stdout, stderr }) => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.endsWith('\n')).toBe(true)
    return line.exec(stdout.slice(0, -1))?.[1] ?? ''
  })
  expect(keys.map((key) => Buffer.from(key, 'base64url').length)).toEqual([32, 32])
  expect(keys[0]).not.toBe(keys[1])
})

/** Runs `key --write .env` on a file with this content, if any. */
async function write(content: string | null, mode = 0o644) {
  const cwd = folder()
  const path = join(cwd, '.env')
  if (content !== null) {
    writeFileSync(path, content)
    chmodSync(path, mode)
  }
  const run = await sojourn(['key', '--write', '.env'], { cwd })
  return { ...run, text: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777, files: readdirSync(cwd) }
}

describe('--write', () => {
  it('makes a file that only its owner can read, and shows the key nowhere else', async () => {
    const { code, stdout, stderr, text, mode } = await write(null)

    expect({ code, stdout, mode }).toEqual({ code: 0, stdout: '', mode: 0o600 })
    expect(text.slice(0, -1)).toMatch(line)
    expect(stderr).toContain(`'.env'`)
    expect(stderr).not.toContain(parseEnv(text)['SECRET_KEY'])
  })

  it.each([
    ['PORT=5000\n', 'PORT=5000\n', '\n'],
    ['PORT=5000', 'PORT=5000\n', '\n'],
    ['PORT=5000\r\nHOST=::', 'PORT=5000\r\nHOST=::\r\n', '\r\n'],
    ['# SECRET_KEY=old\nMY_SECRET_KEY=1\n', '# SECRET_KEY=old\nMY_SECRET_KEY=1\n', '\n'],
    ['NOTE="one\nSECRET_KEY=in a note\n"\n', 'NOTE="one\nSECRET_KEY=in a note\n"\n', '\n'],
    ['SECRET_KEY_FALLBACKS=older\n', 'SECRET_KEY_FALLBACKS=older\n', '\n'],
    ['', '', '\n'],
  ])('appends to %j, which only its owner can read then', async (before, kept, end) => {
    const { code, text, mode } = await write(before)

    expect({ code, mode }).toEqual({ code: 0, mode: 0o600 })
    expect(text.slice(0, kept.length)).toBe(kept)
    expect(text.slice(kept.length, -end.length)).toMatch(line)
    expect(text.endsWith(end)).toBe(true)
  })

  it.each([
    ['A=1\nSECRET_KEY=\nB=2\n', /^A=1\nSECRET_KEY=[\w-]{43}\nB=2\n$/],
    ['SECRET_KEY= # yours', /^SECRET_KEY=[\w-]{43} # yours$/],
    [`export SECRET_KEY = ""\r\n`, /^export SECRET_KEY = [\w-]{43}\r\n$/],
  ])('fills in what a template leaves empty: %j', async (before, after) => {
    const { code, text, mode, files } = await write(before)

    expect({ code, mode, files }).toEqual({ code: 0, mode: 0o600, files: ['.env'] })
    expect(text).toMatch(after)
  })

  it.each([
    ['SECRET_KEY=mine\n', 1],
    ['A=1\nexport SECRET_KEY=mine\n', 2],
    ['A=1\n\n  SECRET_KEY  =  mine  # here\n', 3],
    [`SECRET_KEY='mi ne'`, 1],
    ['SECRET_KEY="mi\nne"\nSECRET_KEY=\n', 1],
  ])('changes nothing in %j, and says how to rotate', async (before, lineNumber) => {
    const { code, stdout, stderr, text, mode } = await write(before, 0o640)

    expect({ code, stdout, text, mode }).toEqual({ code: 1, stdout: '', text: before, mode: 0o640 })
    expect(stderr).toContain(`on line ${lineNumber}; nothing was changed`)
    expect(stderr).toContain('npx sojourn key --write .env --rotate')
    expect(stderr).toContain('Its mode is 0640')
    expect(stderr).not.toMatch(/mi\s?ne\b/)
  })

  it('follows no symbolic link', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'target'), 'A=1\n')
    symlinkSync('target', join(cwd, 'link'))
    symlinkSync('nowhere', join(cwd, 'dangling'))

    for (const name of ['link', 'dangling']) {
      const { code, stdout, stderr } = await sojourn(['key', '--write', name], { cwd })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toBe(`sojourn: '${name}' is a symbolic link. Name the file that it points to.\n`)
    }
    expect(readFileSync(join(cwd, 'target'), 'utf8')).toBe('A=1\n')
    expect(existsSync(join(cwd, 'nowhere'))).toBe(false)
  })

  it('says what is wrong with a folder, a missing folder, and what is no text', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'config'))
    writeFileSync(join(cwd, 'picture'), 'PNG\0\0')
    const complaint = async (name: string) => {
      const { code, stdout, stderr } = await sojourn(['key', '--write', name], { cwd })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      return stderr
    }

    expect(await complaint('config')).toBe(`sojourn: 'config' is a folder. Name a file in it, such as .env.\n`)
    expect(await complaint('none/.env')).toBe(`sojourn: 'none/.env' cannot be written: its folder does not exist.\n`)
    expect(await complaint('picture/.env')).toMatch(
      /^sojourn: 'picture\/\.env' cannot be read: a part of its path is not a folder\.\n$/,
    )
    expect(await complaint('picture')).toBe(`sojourn: 'picture' is not a text file with variables.\n`)
    expect(readFileSync(join(cwd, 'picture'), 'utf8')).toBe('PNG\0\0')
  })
})
