import { describe } from 'vitest'
import { afterHeaders } from './after-headers.ts'
import { arrangements } from './arrangements.ts'
import { firstHeader } from './first-header.ts'
import { leaving } from './leaving.ts'
import type { NodeStyle } from './listeners.ts'
import { refused } from './refused.ts'
import { quiet } from './serving.ts'
import { sharedHeaders } from './shared-headers.ts'
import { ways } from './ways.ts'
import { fronted, wrapped } from './wrapped.ts'

/** The checks for every adapter whose handlers have Node's own response. */
export function nodeResponseSuite(style: NodeStyle): void {
  quiet()
  describe.each(arrangements)(`${style.name}, with sessions %s`, (_, arrange) => {
    describe('the session is on a response that begins with', () => void firstHeader(style, arrange, ways))
    refused(style, arrange)
    sharedHeaders(style, arrange)
    afterHeaders(style, arrange)
    leaving(style, arrange)
    wrapped(style, arrange)
    fronted(style, arrange)
  })
}
