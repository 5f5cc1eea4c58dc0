import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

function packagesOf(lockFile: string) {
  const { packages } = JSON.parse(readFileSync(join(repository, lockFile), 'utf8')) as {
    packages: Record<string, { resolved?: string; link?: boolean; optionalDependencies?: object }>
  }
  return packages
}

describe.each(['package-lock.json', 'bench/package-lock.json'])('%s', (lockFile) => {
  const packages = packagesOf(lockFile)

  it('names no registry, so that each user installs from their own', () => {
    const resolved = Object.values(packages).flatMap((entry) => (entry.link ? [] : (entry.resolved ?? [])))
    expect(resolved).toEqual([])
  })

  it('has whatever its packages install on other platforms', () => {
    const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    expect(named.filter((name) => !packages[`node_modules/${name}`])).toEqual([])
  })
})

describe('the lock file', () => {
  const packages = packagesOf('package-lock.json')

  it.each([
    ['oxlint', '@oxlint/binding-', ['linux-x64-gnu', 'linux-arm64-gnu', 'win32-x64-msvc', 'win32-arm64-msvc']],
    ['rolldown', '@rolldown/binding-', ['linux-x64-gnu', 'linux-arm64-gnu', 'win32-x64-msvc', 'win32-arm64-msvc']],
    ['lightningcss', 'lightningcss-', ['linux-x64-gnu', 'linux-arm64-gnu', 'win32-x64-msvc', 'win32-arm64-msvc']],
    ['typescript', '@typescript/typescript-', ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64']],
    ['argon2', '@node-rs/argon2-', ['linux-x64-gnu', 'linux-arm64-gnu', 'win32-x64-msvc', 'win32-arm64-msvc']],
    ['libsql', '@libsql/', ['linux-x64-gnu', 'linux-arm64-gnu', 'win32-x64-msvc']], // there is none for Windows on ARM
  ])('has the binaries of %s for Linux, macOS and Windows', (_tool, prefix, platforms) => {
    const wanted = [...platforms, 'darwin-x64', 'darwin-arm64'].map((platform) => `node_modules/${prefix}${platform}`)
    expect(wanted.filter((path) => !packages[path])).toEqual([])
  })
})
