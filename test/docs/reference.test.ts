import { createSessions, type SessionsOptions } from 'sojourn'
import { describe, expect, it } from 'vitest'
import { createReference } from '../../scripts/reference.mjs'
import { manifest } from '../support/package.ts'
import { readPage } from '../support/docs/blocks.ts'
import { secrets } from '../support/sessions.ts'

const { text } = await readPage('docs/reference.md')

it('is what npm run reference makes of the doc comments', async () => {
  expect(text).toBe(await createReference())
})

it('has all that the package exports', () => {
  const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json')

  expect(firstCells('## Entries')).toEqual(entries.map((entry) => entry.replace('.', 'sojourn')))
})

describe('the table of options', () => {
  it('has each of them', () => {
    const unknown = { nonsense: true } as SessionsOptions
    const [, names = ''] = /Its options are (.*)\.$/.exec(catchMessage(() => createSessions(unknown))) ?? []

    expect([...firstCells('## Options'), 'schema'].toSorted()).toEqual(names.split(', ').toSorted())
    expect(text).toContain('With `schema`')
  })

  it('has the defaults that hold', async () => {
    let now = Date.parse('2026-03-01T09:00:00Z')
    const shown = (option: string) => Number(new RegExp(`^\\| \`${option}\` \\| (\\d+)`, 'm').exec(text)?.[1])
    const sessions = createSessions({ secrets, now: () => now })
    const begun = now
    const session = await sessions.open(null)
    session.signIn('42')
    let cookie = await keep(session)
    expect(session.expiresAt).toBe(now + shown('idleTimeout') * 1000)
    expect(session.remember).toBe(true)

    now += shown('touchAfter') * 1000 - 1
    expect(await keep(await sessions.open(cookie))).toBe('')
    now += 1
    expect(await keep(await sessions.open(cookie))).not.toBe('')

    for (; now < begun + shown('absoluteTimeout') * 1000; now += 24 * 3600 * 1000) {
      cookie = (await keep(await sessions.open(cookie))) || cookie
    }
    now = begun + shown('absoluteTimeout') * 1000
    expect((await sessions.open(cookie)).outcome).toBe('expired')

    async function keep(each: typeof session): Promise<string> {
      return (await sessions.commit(each)).getSetCookie()[0]?.split(';', 1)[0] ?? ''
    }
  })
})

/** The words in code in the first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const section = text.slice(text.indexOf(`${heading}\n`) + heading.length).split(/^#/m, 1)[0] ?? ''
  return section.split('\n').flatMap((row) => /^\| `([\w./-]+)` \|/.exec(row)?.[1] ?? [])
}

function catchMessage(action: () => unknown): string {
  try {
    action()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
