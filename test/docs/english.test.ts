import { expect, it } from 'vitest'
import { commentsOf, findAvoidedWords, projectTexts, stringsOf } from '../../scripts/check-english.mjs'

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
  ['| a cell | none |', 1],
  ['**Whose turn** it is. "Who is it?" is a question. Who is it: Ada?', 1],
  ['The page tells what a cookie carries. A form stands there, since theirs is to be kept.', 6],
  ['It is not carried out, stands for one, and a clock stands still since Monday.', 0],
  ['What ended? The session. Ask what it costs.', 0],
  ['## What Sojourn promises', 0],
  ['`nobody`, and in a block:\n\n```ts\nnobody\n```\n', 0],
])('finds in %j: %i', (text, count) => {
  expect(findAvoidedWords(text)).toHaveLength(count)
})

it.each([
  ['a string', stringsOf("const text = 'What is gone stays gone.'"), 1],
  ['a string after another', stringsOf("f('One text', `Who is gone ${when}`)"), 1],
  ['JSX', stringsOf('<>\n  <p>\n    Who is gone\n    stays gone.\n  </p>\n</>'), 3],
  ['a doc comment', commentsOf('x()\n  /** Who is gone. */'), 2],
  ['a long doc comment', commentsOf('/**\n * One text.\n *\n * What is gone,\n * stays gone.\n */'), 4],
  ['a line comment', commentsOf('x()\n  // What is gone\n  // stays gone\nx()'), 2],
  ['a comment in JSX', commentsOf('<p>\n  {/* What is gone */}\n</p>'), 2],
  ['a style sheet', commentsOf('p {\n  /* Whose name is gone */\n}'), 2],
  ['a comment after another', commentsOf('/** Its name */\nname: string\n/** Whose it is */'), 3],
])('finds the start of a sentence in %s', (_place, text, line) => {
  expect(findAvoidedWords(text)).toMatchObject([{ line }])
})

it('reads the scripts, and the style sheets and scripts of the organizer', () => {
  const files = projectTexts().map(({ file }) => file)
  expect(files).toEqual(expect.arrayContaining(['organizer/public/organizer.css', 'scripts/run.mjs', 'src/index.ts']))
})

it('reads comments and strings of source files, and no code', () => {
  const source = `/** Nobody calls it. */\nconst nobody = 'anew, by code' // nobody\nconst x = <p>Nobody is here</p>\n`
  expect(findAvoidedWords(commentsOf(source)).map(({ line }) => line)).toEqual([1])
  expect(findAvoidedWords(stringsOf(source)).map(({ line }) => line)).toEqual([2, 3])
})
