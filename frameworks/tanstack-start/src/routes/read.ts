import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/read')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => new Response(session.userId),
    },
  },
})
