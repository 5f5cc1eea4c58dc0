import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

describe('a build', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sojourn-build-'))
    const copied = ['scripts', 'package.json', 'tsconfig.base.json', 'tsconfig.build.json', 'tsconfig.run.json']
    for (const file of [...copied, 'organizer/tsconfig.build.json'])
      cpSync(join(repository, file), join(folder, file), { recursive: true })
    for (const name of ['typescript', '@typescript', '@types']) link(`node_modules/${name}`)
    write('src/a.ts', '/** Ours. */\nexport const a = 1 // one\n')
    write('organizer/src/main.ts', 'export {}\n')
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('compiles each source to code and its declaration', async () => {
    expect(build()).toBe(0)

    expect(await built()).toEqual(['a.d.ts', 'a.js'])
    expect(readFileSync(join(folder, 'dist/a.js'), 'utf8')).toContain('export const a = 1')
    expect(readFileSync(join(folder, 'dist/a.d.ts'), 'utf8')).toContain('/** Ours. */')
  })

  it('removes what has no source, so that nothing old is published', async () => {
    build()
    renameSync(join(folder, 'src/a.ts'), join(folder, 'src/b.ts'))
    for (const file of ['b.js.map', 'build.tsbuildinfo', 'b.test.js', 'old/c.js']) write(`dist/${file}`, '')

    expect(build()).toBe(0)

    expect(await built()).toEqual(['b.d.ts', 'b.js'])
  })

  it('fails for a type that is wrong', () => {
    write('src/a.ts', "export const a: number = 'one'\n")

    expect(build()).toBe(1)
  })

  function build(): number | null {
    const script = "const { build } = await import('./scripts/build.mjs'); process.exit((await build(true)) ? 0 : 1)"
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder }).status
  }

  async function built(): Promise<string[]> {
    const found = await readdir(join(folder, 'dist'), { recursive: true, withFileTypes: true })
    return found.flatMap((entry) => (entry.isFile() ? entry.name : [])).toSorted()
  }

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }

  function link(path: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(repository, path), join(folder, path))
  }
})
