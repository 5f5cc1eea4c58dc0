import { createSchema, createYoga } from 'graphql-yoga'
import type { Session } from 'sojourn'
import { sojourn } from 'sojourn/node'
import { sessions } from './sessions.ts'

interface Context {
  session: Session
  userId: string | null
}

export const yoga = createYoga<Context>({
  schema: createSchema<Context>({
    typeDefs: `
      type Query { me: ID }
      type Mutation { signIn(name: String!): ID, signOut: ID }
    `,
    resolvers: {
      Query: { me: (_, __, { session }) => session.userId },
      Mutation: {
        signIn(_, { name }: { name: string }, { session }) {
          session.signIn(name) // after you have checked who it is
          return session.userId
        },
        signOut(_, __, { session }) {
          session.signOut()
          return session.userId
        },
      },
    },
  }),
})

export const listener = sojourn(sessions, (req, res) => {
  const { session } = req
  return yoga(req, res, { session, userId: session.userId })
})
