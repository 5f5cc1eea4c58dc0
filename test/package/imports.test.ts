import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository, repositoryFiles } from '../support/repository.ts'

interface Directions {
  may: string[]
  mayNot: string[]
}

const outside = ['express', 'vitest', '../organizer/src/app.tsx', '../test/setup/clone.ts']

/** What files of each place may import, and what the linter has to refuse. */
const directions: Record<string, Directions> = {
  'src/index.ts': {
    may: ['./sessions.ts', './errors.ts'],
    mayNot: ['./env.ts', './cli/main.ts', './adapters/hono.ts', ...outside],
  },
  'src/env.ts': {
    may: ['./options.ts', './sessions.ts', './secrets.ts', './formats/flask.ts', './formats/sealed.ts', './errors.ts'],
    mayNot: ['./cli/settings.ts', './testing/testing.ts', 'node:fs', 'redis', ...outside],
  },
  'src/sessions.ts': {
    may: ['./session.ts', './requests.ts', './options.ts', './errors.ts'],
    mayNot: [
      './formats/sealed.ts',
      './index.ts',
      './env.ts',
      './adapters/fetch.ts',
      './testing/testing.ts',
      './formats/flask.ts',
      'node:fs',
      'hono',
      ...outside,
    ],
  },
  'src/requests.ts': {
    may: ['./session.ts', './keeper.ts', './jar.ts', './options.ts', './outcome.ts'],
    mayNot: ['./index.ts', './env.ts', './formats/sealed.ts', './adapters/fetch.ts', 'node:http', ...outside],
  },
  'src/session.ts': {
    may: ['./errors.ts', './format.ts', './lifetime.ts', './outcome.ts', 'node:crypto'],
    mayNot: [
      './index.ts',
      './sessions.ts',
      './keeper.ts',
      './jar.ts',
      './options.ts',
      './formats/sealed.ts',
      ...outside,
    ],
  },
  'src/keeper.ts': {
    may: ['./format.ts', './errors.ts'],
    mayNot: ['./sessions.ts', './session.ts', './jar.ts', './formats/sealed.ts', 'node:http', ...outside],
  },
  'src/jar.ts': {
    may: ['./cookie.ts', './format.ts'],
    mayNot: ['./sessions.ts', './session.ts', './keeper.ts', ...outside],
  },
  'src/options.ts': {
    may: ['./cookie.ts', './secrets.ts', './session.ts', './formats/sealed.ts'],
    mayNot: ['./index.ts', './sessions.ts', './keeper.ts', './jar.ts', './formats/flask.ts', 'node:fs', ...outside],
  },
  'src/codec.ts': {
    may: ['./errors.ts', 'node:crypto', 'node:diagnostics_channel'],
    mayNot: [
      './sessions.ts',
      './session.ts',
      './keeper.ts',
      './jar.ts',
      './options.ts',
      './formats/sealed.ts',
      'node:fs',
      'fs',
    ],
  },
  'src/presence.ts': {
    may: ['./keeper.ts', './store.ts', './record.ts', './notes.ts', './ends.ts'],
    mayNot: ['./sessions.ts', './requests.ts', './session.ts', './jar.ts', './stores/memory.ts', 'node:fs', ...outside],
  },
  'src/stores/sqlite.ts': {
    may: ['../store.ts', '../texts.ts', '../codec.ts', '../hash.ts', '../errors.ts', './sqlite/rows.ts'],
    mayNot: [
      '../sessions.ts',
      '../lifetime.ts',
      '../formats/sealed.ts',
      'node:fs',
      'node:sqlite',
      'libsql',
      ...outside,
    ],
  },
  'src/stores/sqlite/rows.ts': {
    may: ['../../store.ts', '../../texts.ts', '../../errors.ts', './table.ts'],
    mayNot: ['../memory.ts', '../../sessions.ts', 'node:sqlite', 'libsql'],
  },
  'src/stores/redis/client.ts': {
    may: ['../common/bare.ts', '../../store.ts', '../../errors.ts', './scripts.ts'],
    mayNot: [
      '../sqlite/rows.ts',
      '../postgres.ts',
      '../../sessions.ts',
      '../../guard.ts',
      'redis',
      'ioredis',
      ...outside,
    ],
  },
  'src/copies.ts': {
    may: ['./keeper.ts', './store.ts', './guard.ts', './state.ts'],
    mayNot: ['./sessions.ts', './requests.ts', './session.ts', './jar.ts', './stores/redis.ts', 'node:fs', ...outside],
  },
  'src/stores/flask-session.ts': {
    may: [
      '../store.ts',
      '../format.ts',
      '../formats/flask-session.ts',
      './flask-session/records.ts',
      './redis/client.ts',
    ],
    mayNot: ['../sessions.ts', '../formats/sealed.ts', 'node:fs', 'redis', ...outside],
  },
  'src/stores/flask-session/records.ts': {
    may: [
      '../../store.ts',
      '../../errors.ts',
      '../../formats/flask/msgpack/encode.ts',
      '../redis/client.ts',
      './steps.ts',
    ],
    mayNot: ['../memory.ts', '../../sessions.ts', '../../formats/flask.ts', 'redis'],
  },
  'src/accepting.ts': {
    may: ['./requests.ts', './session.ts', './options.ts', './deadlines.ts'],
    mayNot: ['./index.ts', './env.ts', './from/flask.ts', './formats/flask.ts', ...outside],
  },
  'src/from/flask-session.ts': {
    may: [
      '../format.ts',
      '../jar.ts',
      '../formats/flask-session.ts',
      '../stores/flask-session/records.ts',
      '../stores/redis/client.ts',
      './common/json-texts.ts',
    ],
    mayNot: ['../sessions.ts', '../accepting.ts', '../stores/redis.ts', './flask.ts', 'redis', ...outside],
  },
  'src/from/common/json-texts.ts': {
    may: ['../../texts.ts', '../../codec.ts', '../../format.ts'],
    mayNot: ['../../jar.ts', '../../sessions.ts', '../../formats/flask.ts', 'node:fs'],
  },
  'src/move.ts': { may: ['./move/both.ts'], mayNot: ['./sessions.ts', './store.ts', 'node:fs', ...outside] },
  'src/move/both.ts': {
    may: ['./copying.ts', '../store.ts', '../texts.ts', '../errors.ts'],
    mayNot: ['../sessions.ts', '../notes.ts', '../stores/memory.ts', 'node:fs', 'redis', ...outside],
  },
  'src/formats/flask-cookie.ts': {
    may: ['../format.ts', '../secrets.ts', '../texts.ts', '../errors.ts', './flask/session.ts'],
    mayNot: ['../sessions.ts', '../jar.ts', '../stores/flask-session.ts', 'node:fs', 'hono'],
  },
  'src/formats/flask/msgpack/json.ts': {
    may: ['./encode.ts', '../parse.ts', '../../../codec.ts'],
    mayNot: ['../../flask.ts', '../../../store.ts', '../../../stores/flask-session.ts', 'node:fs', ...outside],
  },
  'src/formats/flask.ts': {
    may: [
      './flask-cookie.ts',
      '../stores/flask-session.ts',
      '../format.ts',
      '../texts.ts',
      '../secrets.ts',
      '../codec.ts',
      '../hash.ts',
      '../errors.ts',
      './sealed.ts',
      'node:crypto',
    ],
    mayNot: ['../session.ts', '../sessions.ts', '../cookie.ts', '../jar.ts', '../adapters/hono.ts', 'node:fs', 'hono'],
  },
  'src/adapters/hono.ts': {
    may: ['hono', 'hono/cookie', '../sessions.ts', '../session.ts', '../errors.ts', './shared/apply-headers.ts'],
    mayNot: ['../index.ts', '../keeper.ts', '../formats/sealed.ts', './fetch.ts', 'node:http', 'express'],
  },
  'src/adapters/fetch.ts': {
    may: ['../sessions.ts', '../session.ts', '../errors.ts', './shared/apply-headers.ts'],
    mayNot: ['../index.ts', '../jar.ts', './hono.ts', 'node:http', 'hono'],
  },
  'src/adapters/express.ts': {
    may: ['node:http', '../sessions.ts', '../requests.ts', '../session.ts', './shared/before-headers.ts'],
    mayNot: ['../index.ts', '../jar.ts', './node.ts', 'node:fs', 'express', 'hono'],
  },
  'src/adapters/node.ts': {
    may: ['node:http', '../sessions.ts', '../errors.ts', './shared/before-headers.ts'],
    mayNot: ['../jar.ts', './express.ts', 'node:net', 'express'],
  },
  'src/adapters/shared/apply-headers.ts': {
    may: ['node:http', '../../sessions.ts', '../../requests.ts', '../../errors.ts', './before-headers.ts'],
    mayNot: ['../hono.ts', '../../jar.ts', '../../formats/sealed.ts', 'hono', 'node:fs'],
  },
  'src/testing/testing.ts': {
    may: ['../sessions.ts', '../formats/sealed.ts', './suite.ts', 'node:assert'],
    mayNot: ['../cli/main.ts', 'vitest', 'hono', '../../organizer/src/app.tsx'],
  },
  'src/testing/store-suite/suite.ts': {
    may: ['../../store.ts', '../../index.ts', './kit.ts', 'node:assert/strict'],
    mayNot: ['../../cli/main.ts', 'vitest', 'hono', '../../../organizer/src/app.tsx'],
  },
  'src/cli/main.ts': {
    may: ['../sessions.ts', '../formats/sealed.ts', './key.ts', 'node:fs', 'node:util'],
    mayNot: ['../testing/testing.ts', 'commander', '../../organizer/src/app.tsx'],
  },
  'src/new-room/a.ts': { may: [], mayNot: ['../errors.ts', './b.ts', 'node:crypto'] },
  'organizer/src/app.tsx': {
    may: ['sojourn', 'sojourn/hono', 'hono', 'node:fs', './log.ts', './pages/login.tsx'],
    mayNot: ['../../src/sessions.ts', '../../dist/index.js', '../../scripts/run.mjs'],
  },
  'organizer/src/pages/login.tsx': {
    may: ['sojourn', '../log.ts', './layout.tsx'],
    mayNot: ['../../../src/sessions.ts', '../../../dist/index.js'],
  },
  'organizer/test/login.test.ts': {
    may: ['sojourn/testing', 'vitest', '../src/app.tsx', '../support/chromium.ts'],
    mayNot: ['../../src/sessions.ts', '../../dist/index.js'],
  },
  'examples/express/server.mjs': { may: ['sojourn', 'express'], mayNot: ['../../src/index.ts', '../../dist/index.js'] },
  'examples/hono.ts': { may: ['sojourn', 'sojourn/hono', 'hono'], mayNot: ['../src/index.ts', '../dist/index.js'] },
}

describe('the linter holds the directions of imports', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-imports-'))
  let refused: Map<string, string[]>

  beforeAll(() => {
    copyFileSync(join(repository, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    for (const [file, { may, mayNot }] of Object.entries(directions)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      const lines = [...may, ...mayNot].map((specifier, index) => `import * as m${index} from '${specifier}'\n`)
      writeFileSync(join(folder, file), lines.join(''))
    }
    refused = refusedImports(folder)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(Object.keys(directions))('from %s', (file) => {
    expect(refused.get(file)?.toSorted()).toEqual(directions[file]?.mayNot.toSorted())
  })

  it('of types too, and of what is exported on', () => {
    const lines = [
      "import type { Session } from '../session.ts'",
      "export { jar } from '../jar.ts'",
      "export * from '../keeper.ts'",
    ]
    writeFileSync(join(folder, 'src/formats/flask.ts'), lines.join('\n'))

    const found = refusedImports(folder).get('src/formats/flask.ts')
    expect(found?.toSorted()).toEqual(['../jar.ts', '../keeper.ts', '../session.ts'])
  })
})

it('every import of the repository goes in its direction', () => {
  expect([...refusedImports(repository)]).toEqual([])
})

// The linter looks at import statements only.
it('the library imports by import() what only some need, and nothing else, except in its command', async () => {
  const files = (await repositoryFiles()).filter((file) => file.startsWith('src/') && !file.startsWith('src/cli/'))
  const found = files.flatMap((file) =>
    [...readFileSync(join(repository, file), 'utf8').matchAll(/\b(?:import|require)\(([^)]*)\)/g)].map(
      ([, specifier]) => `${file}: ${specifier}`,
    ),
  )
  expect(found.toSorted()).toEqual([
    "src/env.ts: './formats/flask-cookie.ts'",
    "src/env.ts: './stores/flask-session.ts'",
    "src/env.ts: './stores/flask-session/opened.ts'",
    "src/env.ts: './stores/postgres.ts'",
    "src/env.ts: './stores/redis.ts'",
    "src/env.ts: './stores/sqlite.ts'",
    "src/env.ts: './stores/sqlite/open.ts'",
    "src/from/flask-session.ts: './flask-records.ts'",
    "src/move/moving.ts: './carrying.ts'",
    "src/sessions.ts: './accepting.ts'",
    "src/sessions.ts: './in-store.ts'",
    "src/stores/common/listen-later.ts: './listening.ts'",
    "src/stores/flask-session.ts: './flask-session/opened.ts'",
    "src/stores/postgres/connection.ts: './listen.ts'",
    "src/stores/postgres/open.ts: './listen.ts'",
    'src/stores/postgres/open.ts: name', // a driver, where one is installed; so below
    "src/stores/redis.ts: './redis/all.ts'",
    "src/stores/redis/by-url.ts: './open.ts'",
    "src/stores/redis/durability.ts: './dedicated.ts'",
    "src/stores/redis/durability.ts: './wait-connections.ts'",
    "src/stores/redis/ioredis.ts: './dedicated.ts'",
    "src/stores/redis/ioredis.ts: './subscribe.ts'",
    "src/stores/redis/node-redis.ts: './dedicated.ts'",
    "src/stores/redis/node-redis.ts: './subscribe.ts'",
    'src/stores/redis/open.ts: name',
    "src/stores/redis/warn-once.ts: './warnings.ts'",
    'src/stores/sqlite/open.ts: name',
  ])
})

/** The imports that the linter refuses, by file. */
function refusedImports(folder: string): Map<string, string[]> {
  const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json'], { cwd: folder, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; message: string; filename: string }[] }
  const refused = new Map<string, string[]>()
  for (const { code, message, filename } of diagnostics) {
    if (!code.includes('no-restricted-imports')) continue
    refused.set(filename, [...(refused.get(filename) ?? []), /'(.+?)'/.exec(message)?.[1] ?? message])
  }
  return refused
}
