import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/flashes')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => Response.json(session.takeFlashes()),
    },
  },
})
