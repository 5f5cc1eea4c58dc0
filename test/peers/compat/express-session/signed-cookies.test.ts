import { expect, it } from 'vitest'
import { createReadIds, signId } from '../../../../src/compat/express/signed-cookies.ts'

const secrets = ['a secret of at least 32 bytes for tests only']
const requestOf = (value: string) => ({ headers: { cookie: `sid=${value}` } })

it('a signature is checked again in each value that was not seen, and with other secrets', () => {
  const readIds = createReadIds('sid', secrets)
  const value = encodeURIComponent(signId('an id', secrets[0]!))
  const read = (sent: string, by = secrets) => readIds(requestOf(sent), by)

  for (let times = 0; times < 3; times++) {
    expect(read(value)).toEqual(['an id'])
    expect(read(value.replace('an', 'my'))).toEqual([])
    expect(read(value.slice(0, -1))).toEqual([])
    expect(read(value, ['another secret of at least 32 bytes for it'])).toEqual([])
    expect(read(encodeURIComponent(signId('an id', 'another secret of at least 32 bytes for it')))).toEqual([])
  }
})
