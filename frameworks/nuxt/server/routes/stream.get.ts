export default defineEventHandler(({ context: { session } }) => {
  session.renew()
  const encoder = new TextEncoder()
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('first '))
      await new Promise((resolve) => setTimeout(resolve, 30))
      controller.enqueue(encoder.encode('last'))
      controller.close()
    },
  })
})
