import { describe } from 'vitest'
import { arrangements } from './arrangements.ts'
import { contexts } from './context.ts'
import { crowd } from './crowd.ts'
import type { Host } from './host.ts'
import { quiet } from './serving.ts'

/** An adapter under many people at once. */
export function soakSuite(host: Host): void {
  quiet()
  describe.each(arrangements)(`${host.name}, with sessions %s`, (_, arrange) => {
    crowd({ host, arrange })
    contexts({ host, arrange })
  })
}
