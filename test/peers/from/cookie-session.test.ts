import cookieSession from 'cookie-session'
import { fromCookieSession } from '../../../src/from/cookie-session.ts'
import { maxAge, startExpress } from './express-apps.ts'
import { describeTakeover } from './suite.ts'

const keys = ['newer keyboard cat', 'keyboard cat']

describeTakeover(
  'cookie-session',
  { hasStore: false, hasTime: false, hasMessages: true, isDecoded: false },
  async () => ({
    // The application signs with a key that is not the newest any more.
    ...(await startExpress(cookieSession({ keys: keys.slice(1), maxAge }))),
    cookieName: 'session',
    reader: (options, secret) => fromCookieSession({ keys: secret === undefined ? keys : [secret], ...options }),
  }),
)
