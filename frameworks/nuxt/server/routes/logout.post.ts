export default defineEventHandler(async (event) => {
  event.context.session.signOut()
  return sendRedirect(event, '/', 303)
})
