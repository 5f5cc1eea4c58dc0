import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/stream')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => {
        session.renew()
        const encoder = new TextEncoder()
        const stream = new ReadableStream({
          async start(controller) {
            controller.enqueue(encoder.encode('first '))
            await new Promise((resolve) => setTimeout(resolve, 30))
            controller.enqueue(encoder.encode('last'))
            controller.close()
          },
        })
        return new Response(stream)
      },
    },
  },
})
