import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import type { Session } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { sessions } from './sessions.ts'

interface Context {
  session: Session
  userId: string | null
}

const { router, procedure } = initTRPC.context<Context>().create()

export const appRouter = router({
  me: procedure.query(({ ctx }) => ctx.userId),
  signIn: procedure.input(String).mutation(({ ctx, input }) => {
    ctx.session.signIn(input) // after you have checked who it is
  }),
  signOut: procedure.mutation(({ ctx }) => {
    ctx.session.signOut()
  }),
})

export const handler = sojourn(sessions, (req, session) =>
  fetchRequestHandler({
    req,
    endpoint: '/trpc',
    router: appRouter,
    createContext: () => ({ session, userId: session.userId }),
  }),
)
