export default defineEventHandler(async (event) => {
  const { session } = event.context
  if (!sessions.revocable || session.userId === null) throw createError({ status: 404, message: 'no list' })
  const devices = await sessions.list(session.userId)
  return devices.map(({ id }) => ({ id, isThis: id === session.id }))
})
