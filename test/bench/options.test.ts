import { describe, expect, it } from 'vitest'
import { help, readOptions, sections } from '../../bench/run/options.mjs'

describe('the options of the bench', () => {
  it('runs every part by default', () => {
    const options = readOptions([])
    expect(options.only).toEqual(Object.keys(sections).map((name) => [name, '']))
    expect(options).toMatchObject({ rounds: 8, quick: false, million: false, write: false })
  })

  it('takes several names, with words of rows', () => {
    expect(readOptions(['--only', 'cookie/React', '--only=cookie/iron', '--only', 'stores']).only).toEqual([
      ['cookie', 'react'],
      ['cookie', 'iron'],
      ['stores', ''],
    ])
  })

  it('lists the names in its help, and in the error for an unknown one', () => {
    for (const name of Object.keys(sections)) {
      expect(help).toContain(` ${name} `)
      expect(() => readOptions(['--only', 'nothing'])).toThrow(name)
    }
    expect(() => readOptions(['--only', 'nothing/jose'])).toThrow('--only nothing/jose: there is no part "nothing".')
    expect(() => readOptions(['--only', 'toString'])).toThrow('there is no part')
  })

  it.each(['0', '1.5', 'x'])('rejects --rounds %s', (rounds) => {
    expect(() => readOptions(['--rounds', rounds])).toThrow('--rounds needs a whole number')
  })

  it.each([['--quick'], ['--only', 'cookie'], ['--against', 'main']])('does not write the page with %s', (...args) => {
    expect(() => readOptions(['--write', ...args])).toThrow(`--write needs a whole run: leave out ${args[0]}.`)
    expect(readOptions(['--write', '--million']).write).toBe(true)
  })

  it('rejects an unknown option', () => {
    expect(() => readOptions(['--fast'])).toThrow("'--fast'")
  })
})
