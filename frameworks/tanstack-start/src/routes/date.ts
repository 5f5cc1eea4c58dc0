import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/date')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => {
        session.data['at'] = new Date()
        return new Response('ok')
      },
    },
  },
})
