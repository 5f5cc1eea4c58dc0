import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/plain')({
  server: {
    handlers: {
      GET: () => new Response('plain'),
    },
  },
})
