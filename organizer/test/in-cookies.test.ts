import { describe } from 'vitest'
import { keepSessionsIn } from './helpers.ts'

// What holds with the sessions in SQLite, which is the default, holds with each in its cookie as well.
keepSessionsIn('cookie')

const files = {
  'sign-in': () => import('./sign-in.test.ts'),
  reasons: () => import('./reasons.test.ts'),
  'session-end': () => import('./session-end.test.ts'),
  'account-page': () => import('./account-page.test.ts'),
  next: () => import('./next.test.ts'),
  events: () => import('./events.test.ts'),
  'edit-event': () => import('./edit-event.test.ts'),
  pages: () => import('./pages.test.ts'),
}

for (const [name, run] of Object.entries(files)) {
  describe(`with SESSION_TYPE=cookie, ${name}`, async () => void (await run()))
}
