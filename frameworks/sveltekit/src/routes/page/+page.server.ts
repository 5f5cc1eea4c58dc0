import { fail, redirect } from '@sveltejs/kit'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = ({ locals: { session } }) => ({
  user: session.userId,
  messages: session.takeFlashes().map(({ message }) => String(message)),
  csrf: session.csrfToken,
})

export const actions: Actions = {
  signIn: async ({ request, locals: { session } }) => {
    const form = await request.formData()
    if (!session.isCsrfToken(form.get('csrf'))) return fail(403, { message: 'This form is too old.' })
    session.signIn(String(form.get('name')))
    session.flash('info', 'Welcome')
    redirect(303, '/page')
  },
  signOut: ({ locals: { session } }) => session.signOut(),
}
