import { expect, it } from 'vitest'
import { inCookies, inStore } from '../suites/interleaving/backends.ts'
import { always } from '../suites/interleaving/interleave.ts'
import { createModel } from '../suites/interleaving/model.ts'
import { browserSteps } from '../suites/interleaving/steps.ts'

const arrangements = [
  { where: 'in cookies', backend: inCookies },
  { where: 'in a store', backend: () => inStore(1) },
  { where: 'in a store, at two servers', backend: () => inStore(2) },
  {
    where: 'in a store, at two servers, with a copy in the cookie',
    backend: () => inStore(2, { unconfirmedFor: 600 }),
  },
]

it.each(arrangements)(
  'users are signed in from their sign-in to their sign-out, and no one else is: $where',
  async ({ backend }) => {
    // Never so long that a session idles out.
    const steps = browserSteps([1, 700, 3600])

    await always({ backend, bring: 'browser', inOrder: true, steps, runs: 500 }, () => {
      const model = createModel()
      return {
        committed: model.committed,
        closed: model.closed,
        async afterStep({ servers, visitor }) {
          for (const { sessions } of servers) {
            expect((await sessions.open(visitor.cookie)).userId).toBe(model.userId())
          }
        },
      }
    })
  },
)
