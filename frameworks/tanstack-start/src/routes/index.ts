import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => {
        session.data.visits = (session.data.visits ?? 0) + 1
        return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
      },
    },
  },
})
