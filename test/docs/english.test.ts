import { expect, it } from 'vitest'
import { docComments, findAvoidedWords, projectTexts, stringsOf } from '../../scripts/check-english.mjs'

it('no text of the project has a word that CONTRIBUTING.md avoids', () => {
  const texts = projectTexts()
  expect(texts.length).toBeGreaterThan(100)
  const found = texts.flatMap(({ file, text }) =>
    findAvoidedWords(text).map(({ line, found, instead }) => `${file}:${line}: "${found}": write ${instead}`),
  )
  expect(found).toEqual([])
})

it.each([
  ['Whoever has it reads it.', 2],
  ['The caller is told.', 1],
  ['# Heading\n\nWhat ended stays ended.', 1],
  ['- Who signs in goes on.', 2],
  ['| a cell | What it costs |', 1],
  ['What ended? The session. Ask what it costs.', 0],
  ['## What Sojourn promises', 0],
  ['`nobody`, and in a block:\n\n```ts\nnobody\n```\n', 0],
])('finds in %j: %i', (text, count) => {
  expect(findAvoidedWords(text)).toHaveLength(count)
})

it('reads doc comments and strings of source files, and no code', () => {
  const source = `/** Nobody calls it. */\nconst nobody = 'anew, by code' // nobody\nconst x = <p>Nobody is here</p>\n`
  expect(findAvoidedWords(docComments(source)).map(({ line }) => line)).toEqual([1])
  expect(findAvoidedWords(stringsOf(source)).map(({ line }) => line)).toEqual([2, 3])
})
