import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { repository, repositoryFiles } from '../setup/clone.ts'

interface Entry {
  types: string
  default: string
}

const manifest = JSON.parse(await read('package.json')) as { exports: Record<string, Entry | string> }

describe('what the package exports', () => {
  // After a change that is meant: npm test -- package -u

  it('sojourn', async () => {
    expect(await exported('.')).toMatchInlineSnapshot(`
      {
        "types": "CommitOptions CookieOptions Explanation Flash Outcome RegisteredData Revocation Secret SessionData SessionEvent SessionInfo Sessions SessionsOptions SignInOptions SojournErrorCode",
        "values": "Session SojournError createSessions explain",
      }
    `)
  })

  it('sojourn/hono', async () => {
    expect(await exported('./hono')).toMatchInlineSnapshot(`
      {
        "types": "",
        "values": "sojourn",
      }
    `)
  })

  it('sojourn/fetch', async () => {
    expect(await exported('./fetch')).toMatchInlineSnapshot(`
      {
        "types": "SessionHandler",
        "values": "sojourn",
      }
    `)
  })

  it('sojourn/flask', async () => {
    expect(await exported('./flask')).toMatchInlineSnapshot(`
      {
        "types": "FlaskFormatOptions Tuple",
        "values": "Markup Uuid flaskFormat isTuple tuple",
      }
    `)
  })

  it('sojourn/env', async () => {
    expect(await exported('./env')).toMatchInlineSnapshot(`
      {
        "types": "OptionsFromEnv",
        "values": "optionsFromEnv",
      }
    `)
  })

  it('sojourn/testing', async () => {
    expect(await exported('./testing')).toMatchInlineSnapshot(`
      {
        "types": "SignedInOptions",
        "values": "signedInAs",
      }
    `)
  })

  it('has no entry beside these', () => {
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './hono',
      './fetch',
      './flask',
      './env',
      './testing',
      './package.json',
    ])
  })
})

it('publishes what is built and what people read, and nothing else', async () => {
  const files = await packedFiles()

  expect(files.filter((file) => !/^dist\/.+\.(js|d\.ts)$/.test(file)).toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'package.json',
  ])
  const entries = Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? [] : paths(entry)))
  expect(files).toEqual(expect.arrayContaining(entries))
})

it('names no machine, no folder outside and no registry in any file', async () => {
  const foreign = [
    /(?<![\w.~-])\/(?:home|Users|root|work)\/\w+/,
    /\.\.\/shared\b/,
    /https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio)[\w.-]*/i,
  ]
  const found: string[] = []
  for (const file of await repositoryFiles()) {
    const lines = (await read(file)).split('\n')
    lines.forEach((line, index) => {
      if (foreign.some((pattern) => pattern.test(line)))
        found.push(`${file}:${index + 1}: ${line.trim().slice(0, 120)}`)
    })
  }
  expect(found).toEqual([])
})

/** The names of an entry: values as a program meets them, types as its declarations tell. */
async function exported(name: string) {
  const entry = manifest.exports[name]
  if (typeof entry !== 'object') throw new Error(`${name} is no module`)
  const values = Object.keys((await import(join(repository, entry.default))) as object).toSorted()
  const declared = declaredNames(await read(entry.types))
  return { values: values.join(' '), types: declared.filter((type) => !values.includes(type)).join(' ') }
}

function declaredNames(declarations: string): string[] {
  const names = new Set<string>()
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function|const|let|class|interface|type|enum) (\w+)/gm
  for (const [, name] of declarations.matchAll(declaration)) if (name) names.add(name)
  for (const [, list] of declarations.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
    const members = (list ?? '').split(',').map((member) => /(\w+)\s*$/.exec(member)?.[1])
    for (const name of members) if (name) names.add(name)
  }
  return [...names].toSorted()
}

async function packedFiles(): Promise<string[]> {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: repository })
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>)
  return (packed?.files ?? []).map(({ path }) => path)
}

function paths({ types, default: code }: Entry): string[] {
  return [types, code].map((path) => path.slice('./'.length))
}

function read(path: string): Promise<string> {
  return readFile(join(repository, path), 'utf8')
}
