import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { sojourn, type SessionRequest } from 'sojourn/node'
import { sessions } from './sessions.ts'
import { appRouter } from './trpc.ts'

const handler = createHTTPHandler({
  router: appRouter,
  basePath: '/standalone/',
  createContext({ req }) {
    const { session } = req as SessionRequest
    return { session, userId: session.userId }
  },
})

export const listener = sojourn(sessions, handler)
