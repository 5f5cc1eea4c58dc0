import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPlaceProblems } from '../../../src/cli/doctor/check-sqlite.ts'
import { pages } from '../../../src/cli/doctor/finding.ts'
import { repository } from '../../support/repository.ts'

describe('the place of an SQLite file', () => {
  it.each([
    ['/var/lib/shop/sessions.db', 0xef53, []],
    ['/data/tmp/sessions.db', 0x9123683e, []],
    ['/tmp/sessions.db', 0xef53, ['sqlite-temporary']],
    ['/var/tmp/shop/sessions.db', 0xef53, ['sqlite-temporary']],
    ['/run/sessions.db', 0x01021994, ['sqlite-in-memory']],
    ['/srv/sessions.db', 0x6969, ['sqlite-network']],
    ['/srv/sessions.db', 0xff534d42, ['sqlite-network']],
    ['/app/.data/sessions.db', 0x794c7630, ['sqlite-in-container']],
  ])('%s on the file system %i: %j', (file, type, codes) => {
    expect(findPlaceProblems(file, type).map(({ code }) => code)).toEqual(codes)
  })
})

it.each(Object.values(pages))('%s is there', (page) => {
  const [path = '', anchor] = page.split('#')
  expect(existsSync(join(repository, path))).toBe(true)
  const headings = readFileSync(join(repository, path), 'utf8').match(/^#+ .+$/gm) ?? []
  const anchors = headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  if (anchor !== undefined) expect(anchors).toContain(anchor)
})
