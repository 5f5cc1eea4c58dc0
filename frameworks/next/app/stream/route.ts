import { route } from '../../lib/session'

export const GET = route((_request, session) => {
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
})
