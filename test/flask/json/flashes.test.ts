import { describe, expect, it } from 'vitest'
import { taggedJsonCodec } from '../../../src/flask/json/tagged-json-codec.ts'
import { valuesOf } from '../../../src/session/session-data.ts'
import { applyDataChange, dataChangeOf } from '../../../src/session/data-changes.ts'
import { createDataState } from '../../../src/session/data-state.ts'
import { addFlash, takeFlashes } from '../../../src/session/flashes.ts'
import { membersFromTexts, textsFromMembers } from '../../../src/flask/json/flash-texts.ts'

const saved = '{" t":["message","saved"]}'
const bold = '{" t":["error",{" m":"<b>\\u00E9</b>"}]}'
const noon = Date.UTC(2026, 0, 15, 12)

describe('messages', () => {
  it('of Flask are taken in their order', () => {
    const many = Array.from({ length: 12 }, (_, index) => `{" t":["message","${index}"]}`)
    const contents = createDataState(textsFromMembers({ _flashes: `[${many.join(',')}]`, a: '1' }), {
      codec: taggedJsonCodec,
      schema: null,
      hasStore: false,
    })

    expect(takeFlashes(contents).map(({ message }) => message)).toEqual(many.map((_, index) => String(index)))
    expect(membersFromTexts(applyDataChange(contents.texts, dataChangeOf(contents)))).toEqual({ a: '1' })
  })

  it('of Flask that are Markup are text like any other, to be escaped', () => {
    const contents = createDataState(textsFromMembers({ _flashes: `[${bold}]` }), {
      codec: taggedJsonCodec,
      schema: null,
      hasStore: false,
    })

    expect(takeFlashes(contents)).toEqual([{ category: 'error', message: '<b>é</b>' }])
  })

  it('go back as they came, with those that were left since behind them', () => {
    const contents = createDataState(textsFromMembers({ _flashes: `[${bold},${saved}]`, a: '1' }), {
      codec: taggedJsonCodec,
      schema: null,
      hasStore: false,
    })
    addFlash(contents, { category: 'success', message: 'Grüße' }, noon)
    addFlash(contents, { category: 'info', message: 'more' }, noon)

    expect(membersFromTexts(contents.texts)).toEqual({ _flashes: `[${bold},${saved}]`, a: '1' })
    expect(membersFromTexts(applyDataChange(contents.texts, dataChangeOf(contents)))).toEqual({
      _flashes: `[${bold},${saved},{" t":["success","Gr\\u00fc\\u00dfe"]},{" t":["info","more"]}]`,
      a: '1',
    })
  })

  it('stand in the order in which they were left', () => {
    const texts = {
      'flash.b': '[2,"message","saved"]',
      'flash.a': '[1,"info","first"]',
      'flash.0': '[3,"info","last"]',
    }

    expect(membersFromTexts(texts)).toEqual({
      _flashes: `[{" t":["info","first"]},${saved},{" t":["info","last"]}]`,
    })
  })

  it('left in a session that had none', () => {
    const contents = createDataState(textsFromMembers({}), { codec: taggedJsonCodec, schema: null, hasStore: false })
    addFlash(contents, { category: 'message', message: 'saved' }, noon)

    expect(membersFromTexts(applyDataChange(contents.texts, dataChangeOf(contents)))).toEqual({
      _flashes: `[${saved}]`,
    })
  })
})

describe('what is no list of messages stays as it is', () => {
  it.each([
    '[]',
    '5',
    '{"a":1}',
    '["x"]',
    '[["message","saved"]]',
    '[{" t":["message"]}]',
    '[{" t":["message","a","b"]}]',
    '[{" t":["message",5]}]',
    '[{" t":[null,"a"]}]',
    `[${saved},5]`,
  ])('%s', (text) => {
    expect(textsFromMembers({ _flashes: text })).toEqual({ _flashes: text })
    expect(membersFromTexts({ _flashes: text })).toEqual({ _flashes: text })
  })

  it('with messages behind it where it is a list, and else in its place', () => {
    const left = { 'flash.x': '[1,"message","saved"]' }

    expect(membersFromTexts({ _flashes: '[5, 6.0]', ...left })).toEqual({ _flashes: `[5,6.0,${saved}]` })
    expect(membersFromTexts({ _flashes: '5', ...left })).toEqual({ _flashes: `[${saved}]` })
  })
})

describe('members whose keys are those of messages', () => {
  it('are found under another, and go back under their own', () => {
    const members = { 'flash.1': '5', '_flash.1': '6', '__flash.x': '7', flash: '8', __proto: '9' }
    const texts = textsFromMembers(members)

    expect(valuesOf(createDataState(texts, { codec: taggedJsonCodec, schema: null, hasStore: false }))).toEqual({
      '_flash.1': 5,
      '__flash.1': 6,
      '___flash.x': 7,
      flash: 8,
      __proto: 9,
    })
    expect(membersFromTexts(texts)).toEqual(members)
  })
})
