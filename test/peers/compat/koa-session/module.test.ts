import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import type published from 'sojourn/compat/koa-session'
import { expect, it } from 'vitest'

it('is callable by import and by require, and is the same', () => {
  const required = createRequire(import.meta.url)('sojourn/compat/koa-session') as typeof published
  expect(required({ use() {}, context: {} })).toBeTypeOf('function')
  const script = `
    const required = require('sojourn/compat/koa-session')
    import('sojourn/compat/koa-session').then((imported) =>
      console.log(required === imported.default, required === imported.createSession, required.createSession === required))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('true true true\n')
})
