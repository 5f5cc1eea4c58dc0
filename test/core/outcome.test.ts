import { expect, it } from 'vitest'
import { explain, type Outcome } from '../../src/index.ts'

const outcomes: Record<Outcome, true> = {
  none: true,
  active: true,
  unconfirmed: true,
  unreadable: true,
  malformed: true,
  forged: true,
  'unknown-key': true,
  ambiguous: true,
  idle: true,
  expired: true,
  revoked: true,
  limit: true,
  ended: true,
  unavailable: true,
}

it('every outcome has one sentence, which no other has', () => {
  const sentences = Object.keys(outcomes).map((outcome) => explain(outcome as Outcome).sentence)

  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^.]{10,}\.$/)
  expect(new Set(sentences).size).toBe(sentences.length)
})

it('every sentence is written for users: none mentions what only programmers know', () => {
  for (const outcome of Object.keys(outcomes) as Outcome[])
    expect(explain(outcome).sentence).not.toMatch(/[a-z][A-Z]|SECRET|schema|token|audience|cookie/)
})

it('every outcome but the good one says what to do', () => {
  for (const outcome of Object.keys(outcomes) as Outcome[])
    expect({ outcome, fix: explain(outcome).fix !== '' }).toEqual({ outcome, fix: outcome !== 'active' })
})
