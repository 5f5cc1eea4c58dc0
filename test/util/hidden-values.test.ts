import { expect, it } from 'vitest'
import { createHiddenValues } from '../../src/util/hidden-values.ts'

it('an object has one value for each kind, also if it is frozen or a proxy', () => {
  const [names, ages] = [createHiddenValues<string>(), createHiddenValues<number | null>()]
  const one = { a: 1 }
  for (const object of [one, Object.freeze({ a: 1 }), new Proxy(one, {})]) {
    expect(names.get(object)).toBeUndefined()
    for (const name of ['ada', 'bea']) {
      names.set(object, name)
      ages.set(object, null)
      expect([names.get(object), ages.get(object)]).toEqual([name, null])
    }
    expect(Reflect.ownKeys(object)).toEqual(['a'])
  }
})
