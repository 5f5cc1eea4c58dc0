import { createFileRoute } from '@tanstack/react-router'
import { setCookie } from '@tanstack/react-start/server'

export const Route = createFileRoute('/own-cookie')({
  server: {
    handlers: {
      GET: ({ context: { session } }) => {
        session.renew()
        setCookie('theme', 'dark')
        return new Response('ok')
      },
    },
  },
})
