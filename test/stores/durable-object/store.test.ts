import { expect, it } from 'vitest'
import { durableObjectStore } from '../../../src/stores/durable-object/store.ts'

// frameworks/workerd runs the suite of the contract and all else inside the runtime.

it.each([
  ['nothing, because the configuration lacks the binding', undefined],
  ['a namespace of Workers KV', { get() {}, put() {}, getWithMetadata() {} }],
])('%s is refused', (_, namespace) => {
  expect(() => durableObjectStore(namespace as never)).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_CLIENT', message: expect.stringContaining('durable_objects') }),
  )
})
