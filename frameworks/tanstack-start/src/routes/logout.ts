import { createFileRoute, redirect } from '@tanstack/react-router'

export const Route = createFileRoute('/logout')({
  server: {
    handlers: {
      POST: ({ context: { session } }) => {
        session.signOut()
        return redirect({ to: '/', statusCode: 303 })
      },
    },
  },
})
