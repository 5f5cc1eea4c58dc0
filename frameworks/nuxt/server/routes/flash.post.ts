export default defineEventHandler(({ context: { session } }) => {
  session.flash('info', 'hello')
  return 'ok'
})
