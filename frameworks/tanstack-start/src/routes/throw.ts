import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/throw')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => {
        session.data['lost'] = true
        throw new Error('a mistake in a handler')
      },
    },
  },
})
