export default defineEventHandler(async (event) => {
  const { session } = event.context
  const { name, csrf } = await readBody<{ name: string; csrf: string }>(event)
  if (!session.isCsrfToken(csrf)) throw createError({ statusCode: 403, message: 'This form is too old.' })
  session.signIn(name)
  session.flash('info', 'Welcome')
  return sendRedirect(event, '/page', 303)
})
