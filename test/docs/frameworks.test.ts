import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPage } from '../support/docs/blocks.ts'
import { repository } from '../support/repository.ts'

const { text, blocks } = await readPage('docs/frameworks.md')

it.each([
  ['Elysia', 'elysia', ['session.ts']],
  ['tRPC', 'trpc', ['trpc.ts', 'standalone.ts', 'express.ts']],
  ['GraphQL Yoga', 'yoga', ['yoga.ts']],
  ['AWS Lambda', 'lambda', ['lambda.ts', 'handler.ts']],
  ['Cloudflare Workers', 'workerd', ['index.ts']],
  ['Cloudflare Workers', 'd1', ['worker.ts']],
])('the section of %s shows files of its tested application', (heading, folder, files) => {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!
  const shown = blocks
    .filter((block) => section.includes(block.text))
    .flatMap((block) => {
      const [, file = '', code = ''] = /^\/\/ ([\w.]+)\n(.*)$/s.exec(block.text) ?? []
      return existsSync(join(repository, 'frameworks', folder, file)) && file !== '' ? [{ file, code }] : []
    })
  expect(shown.map(({ file }) => file)).toEqual(files)
  for (const { file, code } of shown)
    expect(`${code}\n`).toBe(readFileSync(join(repository, 'frameworks', folder, file), 'utf8'))
})
