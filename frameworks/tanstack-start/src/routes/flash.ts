import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/flash')({
  server: {
    handlers: {
      POST: ({ context: { session } }) => {
        session.flash('info', 'hello')
        return new Response('ok')
      },
    },
  },
})
