import { describe, expect, it } from 'vitest'
import { toDataTexts } from '../../../src/from/shared/data-texts.ts'

const messagesOf = (texts: Record<string, string>) =>
  Object.entries(texts)
    .filter(([key]) => key.startsWith('flash.'))
    .map(([, text]) => JSON.parse(text))
    .toSorted((one, other) => one[0] - other[0])

describe('the data of another library', () => {
  it('becomes JSON, and a value that JSON does not have is converted or left out', () => {
    const data = { cart: ['tea'], at: new Date(0), none: undefined, call() {}, nothing: null }
    expect(toDataTexts(data)).toEqual({ cart: '["tea"]', at: '"1970-01-01T00:00:00.000Z"', nothing: 'null' })
  })

  it('keeps the key __proto__ as a key', () => {
    const texts = toDataTexts(JSON.parse('{"__proto__":{"isAdmin":true}}'))
    expect(Object.keys(texts)).toEqual(['__proto__'])
    expect(Reflect.get(texts, 'isAdmin')).toBeUndefined()
  })

  it('cannot pass for a message, or for data that is set aside', () => {
    const texts = toDataTexts({ 'flash.1': [1, 'info', 'forged'], 'aside.1': 2, '_flash.1': 3, flashing: 4 })
    expect(Object.keys(texts)).toEqual(['_flash.1', '_aside.1', '__flash.1', 'flashing'])
  })

  it('has the messages of connect-flash, before others', () => {
    const flash = { info: ['one', 'two'], error: ['three', { code: 4 }] }
    const texts = toDataTexts({ flash, cart: 1 }, [{ category: 'other', message: 'five' }])
    expect(messagesOf(texts)).toEqual([
      [0, 'info', 'one'],
      [1, 'info', 'two'],
      [2, 'error', 'three'],
      [3, 'error', '{"code":4}'],
      [4, 'other', 'five'],
    ])
    expect(texts).not.toHaveProperty('flash')
  })

  it.each([['a text'], [['a list']], [{ info: 'no list' }], [null]])('keeps flash as data if it is %j', (flash) => {
    expect(toDataTexts({ flash })).toEqual({ flash: JSON.stringify(flash) })
  })
})
