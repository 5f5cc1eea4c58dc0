export default defineEventHandler(({ context: { session } }) => {
  session.data['lost'] = true
  throw new Error('a mistake in a handler')
})
