import { data, Form, redirect } from 'react-router'
import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/page'

export function loader({ context }: Route.LoaderArgs) {
  const session = context.get(sessionContext)
  const messages = session.takeFlashes().map(({ message }) => String(message))
  return { user: session.userId, messages, csrf: session.csrfToken }
}

export async function action({ request, context }: Route.ActionArgs) {
  const session = context.get(sessionContext)
  const form = await request.formData()
  if (!session.isCsrfToken(form.get('csrf'))) return data({ message: 'This form is too old.' }, 403)
  if (form.get('what') === 'sign-out') {
    session.signOut()
    return { message: 'Bye' }
  }
  session.signIn(String(form.get('name')))
  session.flash('info', 'Welcome')
  throw redirect('/page', 303)
}

export default function Page({ loaderData: { user, messages, csrf }, actionData }: Route.ComponentProps) {
  return (
    <>
      <p>{`User ${user ?? 'guest'}. ${messages.join(' ')} ${actionData?.message ?? ''}`}</p>
      <Form method="post">
        <input type="hidden" name="csrf" value={csrf} />
        <input name="name" aria-label="Name" />
      </Form>
    </>
  )
}
