import { createFileRoute, redirect } from '@tanstack/react-router'
import { createServerFn } from '@tanstack/react-start'

const readPage = createServerFn().handler(({ context: { session } }) => ({
  user: session.userId,
  messages: session.takeFlashes().map(({ message }) => String(message)),
  csrf: session.csrfToken,
}))

const signIn = createServerFn({ method: 'POST' })
  .validator((form: FormData) => form)
  .handler(({ data: form, context: { session } }) => {
    if (!session.isCsrfToken(form.get('csrf'))) throw new Response('This form is too old.', { status: 403 })
    session.signIn(String(form.get('name')))
    session.flash('info', 'Welcome')
    throw redirect({ to: '/page', statusCode: 303 })
  })

export const Route = createFileRoute('/page')({ loader: () => readPage(), component: Page })

function Page() {
  const { user, messages, csrf } = Route.useLoaderData()
  return (
    <>
      <p>{`User ${user ?? 'guest'}. ${messages.join(' ')}`}</p>
      <form method="post" action={signIn.url}>
        <input type="hidden" name="csrf" value={csrf} />
        <input name="name" aria-label="Name" />
      </form>
    </>
  )
}
