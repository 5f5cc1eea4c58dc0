import { ActionError, defineAction } from 'astro:actions'

export const server = {
  signIn: defineAction({
    accept: 'form',
    handler: (form, { locals: { session } }) => {
      if (!session.isCsrfToken(form.get('csrf'))) {
        throw new ActionError({ code: 'FORBIDDEN', message: 'This form is too old.' })
      }
      session.signIn(String(form.get('name')))
      session.flash('info', 'Welcome')
    },
  }),
  signOut: defineAction({
    accept: 'form',
    handler: (_form, { locals: { session } }) => session.signOut(),
  }),
}
