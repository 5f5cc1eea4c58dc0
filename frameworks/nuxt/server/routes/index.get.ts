export default defineEventHandler(({ context: { session } }) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
})
