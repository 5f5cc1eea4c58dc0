import { createExpressMiddleware } from '@trpc/server/adapters/express'
import express from 'express'
import { sojourn } from 'sojourn/express'
import { sessions } from './sessions.ts'
import { appRouter } from './trpc.ts'

export const app = express()
app.use(sojourn(sessions))
app.use(
  '/express',
  createExpressMiddleware({
    router: appRouter,
    createContext: ({ req }) => ({ session: req.session, userId: req.session.userId }),
  }),
)
