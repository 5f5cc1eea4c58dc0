export default defineEventHandler(({ context: { session } }) => {
  session.data['at'] = new Date()
  return 'ok'
})
