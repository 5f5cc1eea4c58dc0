import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/stream'

export function loader({ context }: Route.LoaderArgs) {
  context.get(sessionContext).renew()
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
}
