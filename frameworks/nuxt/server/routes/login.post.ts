export default defineEventHandler(async (event) => {
  const { name } = await readBody<{ name: string }>(event)
  event.context.session.signIn(name)
  return sendRedirect(event, '/', 303)
})
