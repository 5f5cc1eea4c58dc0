export default defineEventHandler(async (event) => {
  const { session } = event.context
  const { end } = await readBody<{ end: string }>(event)
  if (session.userId === null) throw createError({ status: 404, message: 'no list' })
  if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
  else if (end !== 'all') await sessions.revoke(session.userId, end)
  else {
    await sessions.revokeAll(session.userId)
    session.signOut()
  }
  return sendRedirect(event, '/', 303)
})
