/** Changes the session, although a page asks for it while it is rendered. */
export default defineEventHandler(({ context: { session } }) => {
  session.data['asked'] = true
  return { user: session.userId }
})
