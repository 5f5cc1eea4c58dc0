import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDevelopmentSecret } from 'sojourn/env'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

let folder: string
let file: string
let warnings: string[]
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'sojourn-'))
  file = join(folder, 'data', 'development.key')
  warnings = []
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const load = () => loadDevelopmentSecret(file, (message) => void warnings.push(message))

function write(content: string | Buffer): void {
  fs.mkdirSync(join(folder, 'data'), { recursive: true })
  fs.writeFileSync(file, content)
}

describe('loadDevelopmentSecret', () => {
  it('creates a secret once, in a file and a folder that only their user can read', () => {
    const secret = load()
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    expect(load()).toBe(secret)
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    expect(fs.statSync(join(folder, 'data')).mode & 0o777).toBe(0o700)
    expect(fs.readdirSync(join(folder, 'data'))).toEqual(['development.key'])
    expect(warnings).toEqual([])
  })

  it.each(['a key of mine, of 32 bytes or more', 'a key of mine, of 32 bytes or more\r\n'])('reads %j', (text) => {
    write(text)
    expect(load()).toBe('a key of mine, of 32 bytes or more')
    expect(warnings).toEqual([])
  })

  it.each([
    ['empty', ''],
    ['blank', '\n\n'],
    ['cut short', 'PZ0Vd9k1qFJ0y2mJ'],
    ['cut short, with its line ended', 'PZ0Vd9k1qFJ0y2mJ\n'],
    ['full of zeros', '\0'.repeat(44)],
    ['no text', Buffer.alloc(44, 0xff)],
  ])('replaces the secret if the file is %s, and warns once', (_, content) => {
    write(content)
    const secret = load()
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    expect(load()).toBe(secret)
    expect(warnings).toEqual([`The key in ${file} was damaged and has been replaced. All users must sign in again.`])
  })

  it('is refused in production, and creates nothing', () => {
    vi.stubEnv('NODE_ENV', 'production')
    try {
      expect(load).toThrow(expect.objectContaining({ code: 'ERR_SECRET_MISSING' }))
      expect(fs.readdirSync(folder)).toEqual([])
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('throws the error of the file system if the file cannot be read', () => {
    fs.mkdirSync(file, { recursive: true })
    expect(load).toThrow(/EISDIR/)
  })
})

it('warns once in a process of a key that was created, although a bundler copied the module', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  // Another test of this process may have shown the warning.
  Reflect.deleteProperty(globalThis, Symbol.for('sojourn.shownWarnings'))
  try {
    for (let copy = 0; copy < 2; copy++) {
      vi.resetModules()
      const { loadDefaultDevelopmentSecret } = await import('../../src/formats/development-secret.ts')
      loadDefaultDevelopmentSecret()
      fs.rmSync(join(folder, 'node_modules'), { recursive: true })
    }
    expect(warn.mock.calls).toEqual([[expect.stringContaining('Created a development key')]])
  } finally {
    vi.restoreAllMocks()
  }
})
