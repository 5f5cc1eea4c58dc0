import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/sign-out-and-fail')({
  server: {
    handlers: {
      POST: ({ context: { session } }) => {
        session.signOut()
        throw new Error('a mistake after a sign-out')
      },
    },
  },
})
