import { createFileRoute, redirect } from '@tanstack/react-router'

export const Route = createFileRoute('/login')({
  server: {
    handlers: {
      POST: async ({ request, context: { session } }) => {
        const form = await request.formData()
        session.signIn(String(form.get('name')))
        throw redirect({ to: '/', statusCode: 303 })
      },
    },
  },
})
