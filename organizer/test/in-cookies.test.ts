import { describe } from 'vitest'
import { setDefaultSessionType } from './support/app.ts'

// Runs tests with sessions in cookies too. By default, they use SQLite.
setDefaultSessionType('cookie')

const files = {
  'sign-in': () => import('./routes/sign-in.test.ts'),
  reasons: () => import('./routes/sign-in-page.test.ts'),
  'session-end': () => import('./session-end.test.ts'),
  'account-page': () => import('./routes/account.test.ts'),
  next: () => import('./paths.test.ts'),
  events: () => import('./routes/events.test.ts'),
  'edit-event': () => import('./routes/event.test.ts'),
  pages: () => import('./app.test.ts'),
}

for (const [name, run] of Object.entries(files)) {
  describe(`with SESSION_TYPE=cookie, ${name}`, async () => void (await run()))
}
