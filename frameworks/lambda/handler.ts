import { sojourn } from 'sojourn/fetch'
import { toLambda } from './lambda.ts'
import { sessions } from './sessions.ts'

export const handler = toLambda(
  sojourn(sessions, (request, session) => {
    session.data.visits = (session.data.visits ?? 0) + 1
    return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}\n`)
  }),
)
