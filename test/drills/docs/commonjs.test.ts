import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPage } from '../../support/docs/blocks.ts'
import { programFolder } from '../../support/docs/programs.ts'
import { repository } from '../../support/repository.ts'

const { text, blocks } = await readPage('docs/commonjs.md')
let folder: string

beforeAll(async () => {
  folder = await programFolder('commonjs-')
  for (const type of ['module', 'commonjs']) {
    await mkdir(join(folder, type))
    await writeFile(join(folder, type, 'package.json'), JSON.stringify({ type }))
    await writeFile(
      join(folder, type, 'app.ts'),
      `import { sojourn } from 'sojourn/express'\nexport const use = sojourn\n`,
    )
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the table of tsconfig', () => {
  const rows = [...text.matchAll(/^\| (`(?!module)[a-z].*?) \| (.*?) \| (.*?) \|$/gm)]
  const cases = rows.flatMap(([, settings = '', asModule, asCommonJs]) => {
    const [first = '', resolution] = settings.split('`moduleResolution`')
    const modules = [...first.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
    const moduleResolution = /`(\w+)`/.exec(resolution ?? '')?.[1]
    return modules.flatMap((module) => [
      { module, moduleResolution, type: 'module', expected: asModule! },
      { module, moduleResolution, type: 'commonjs', expected: asCommonJs! },
    ])
  })

  it.each(cases.filter(({ expected }) => expected !== ''))('$module, $type: $expected', async (settings) => {
    const errors = await compile(settings)
    if (settings.expected === 'works') expect(errors).toBe('')
    else expect(errors).toContain(/TS\d+/.exec(settings.expected)![0])
  })

  it('has rows', () => {
    expect(cases.length).toBeGreaterThan(7)
  })
})

it('the tsconfig.json compiles both kinds of modules', async () => {
  const { compilerOptions } = JSON.parse(blocks.find(({ language }) => language === 'json')!.text)
  for (const type of ['module', 'commonjs']) expect(await compile({ ...compilerOptions, type })).toBe('')
})

async function compile({ type, expected: _, ...settings }: Record<string, unknown>): Promise<string> {
  const place = join(folder, String(type))
  const basics = { target: 'es2023', types: ['node'], strict: true, skipLibCheck: true, noEmit: true }
  const compilerOptions = { ...basics, ...settings }
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
  try {
    execFileSync(join(repository, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: place, encoding: 'utf8' })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
