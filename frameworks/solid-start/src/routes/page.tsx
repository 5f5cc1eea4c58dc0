import { action, createAsync, query, redirect } from '@solidjs/router'
import { getRequestEvent } from 'solid-js/web'

const readPage = query(async () => {
  'use server'
  const { session } = getRequestEvent()!.nativeEvent.context
  await new Promise((resolve) => setTimeout(resolve, 30)) // as for a database
  const messages = session.takeFlashes().map(({ message }) => String(message))
  return { user: session.userId, messages, csrf: session.csrfToken }
}, 'page')

const signIn = action(async (form: FormData) => {
  'use server'
  const { session } = getRequestEvent()!.nativeEvent.context
  if (!session.isCsrfToken(form.get('csrf'))) throw redirect('/page?refused', 303)
  session.signIn(String(form.get('name')))
  session.flash('info', 'Welcome')
  throw redirect('/page', 303)
}, 'sign-in')

export default function Page() {
  // Deferred, because the session must be changed before the head of the response leaves.
  const page = createAsync(() => readPage(), { deferStream: true })
  return (
    <>
      <p>{`User ${page()?.user ?? 'guest'}. ${page()?.messages.join(' ')}`}</p>
      <form method="post" action={signIn}>
        <input type="hidden" name="csrf" value={page()?.csrf} />
        <input name="name" aria-label="Name" />
      </form>
    </>
  )
}
