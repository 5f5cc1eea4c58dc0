export default defineEventHandler((event) => {
  event.context.session.renew()
  setCookie(event, 'theme', 'dark')
  return 'ok'
})
