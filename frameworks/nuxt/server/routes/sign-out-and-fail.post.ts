export default defineEventHandler(({ context: { session } }) => {
  session.signOut()
  throw new Error('a mistake after a sign-out')
})
